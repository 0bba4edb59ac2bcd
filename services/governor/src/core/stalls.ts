// Which agents stand still, so that each time they begin to is told once.
import type { Pressure } from '@mesh/schemas'

export class Stalls {
  readonly #stalled = new Set<string>()

  /** Those that did not stand still when last looked at. */
  begun (measured: Iterable<Pick<Pressure, 'agent' | 'health'>>): string[] {
    const begun: string[] = []
    const seen = new Set<string>()
    for (const { agent, health } of measured) {
      seen.add(agent)
      if (health === 'stalled') {
        if (!this.#stalled.has(agent)) begun.push(agent)
        this.#stalled.add(agent)
      } else if (health !== 'unknown') this.#stalled.delete(agent)
    }
    for (const agent of this.#stalled) if (!seen.has(agent)) this.#stalled.delete(agent)
    return begun
  }
}
