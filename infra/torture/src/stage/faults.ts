// Applies the planned faults, each at its time, and undoes them; and puts everything back at the end.
import { setTimeout as pause } from 'node:timers/promises'
import type { Fault } from '../core/fault-plan.ts'
import { type Dials, turnDials } from '../load/dials.ts'
import type { TorturedMesh } from './mesh.ts'

export interface FaultTools {
  readonly mesh: TorturedMesh
  /** What every process of the load knows besides its faults. */
  readonly loadDials: Pick<Dials, 'loadFromMs' | 'loadUntilMs'>
  readonly writeGarbage: (count: number, name: string) => Promise<number>
  readonly note: (text: string) => void
}

export type Done = Record<string, number>

export class Faults {
  readonly #tools: FaultTools
  readonly #dials = new Map<string, Dials>()
  /** By target: when its latest fault is over. */
  readonly #lastOf = new Map<string, Promise<void>>()
  /** How often each kind was done. */
  readonly done: Done = {}
  readonly failures: string[] = []

  constructor (tools: FaultTools) { this.#tools = tools }

  async run (plan: readonly Fault[], loadFromMs: number, signal: AbortSignal): Promise<void> {
    await Promise.all(plan.map(async fault => {
      const waitMs = loadFromMs + fault.atMs - Date.now()
      if (waitMs > 0) await pause(waitMs, undefined, { signal }).catch(() => undefined)
      // On a slow machine the fault before may last longer than planned.
      const before = this.#lastOf.get(fault.target)
      const { promise: over, resolve: end } = Promise.withResolvers<void>()
      this.#lastOf.set(fault.target, over)
      await before
      if (signal.aborted) return end()
      try {
        await this.#apply(fault)
        this.done[fault.kind] = (this.done[fault.kind] ?? 0) + 1
      } catch (error) {
        this.failures.push(`${fault.kind} ${fault.target}: ${(error as Error).message}`)
      } finally {
        end()
      }
    }))
  }

  async #apply ({ kind, target, lastsMs, amount, atMs }: Fault): Promise<void> {
    const { mesh, mesh: { stack } } = this.#tools
    switch (kind) {
      case 'kill': {
        const actor = mesh.actor(target)
        await actor.kill()
        await pause(lastsMs)
        return actor.start()
      }
      case 'stop': {
        const actor = mesh.actor(target)
        actor.signal('SIGSTOP')
        await pause(lastsMs)
        return actor.signal('SIGCONT')
      }
      case 'restart-broker': return stack.restart('kafka')
      case 'kill-broker':
        await stack.kill('kafka')
        return stack.startPart('kafka')
      case 'empty-redis': return stack.restart('redis')
      case 'stop-postgres':
        await stack.kill('postgres')
        await pause(lastsMs)
        return stack.startPart('postgres')
      case 'slow-agents': return this.#turned(target, { slowMs: amount }, { slowMs: 0 }, lastsMs)
      case 'shift-clock': return this.#turned(target, { clockMs: amount }, { clockMs: 0 }, lastsMs)
      case 'garbage': {
        const written = await this.#tools.writeGarbage(amount, `garbage at ${atMs}`)
        this.done['bad records'] = (this.done['bad records'] ?? 0) + written
      }
    }
  }

  async #turned (name: string, on: Partial<Dials>, off: Partial<Dials>, lastsMs: number): Promise<void> {
    this.turn(name, on)
    await pause(lastsMs)
    this.turn(name, off)
  }

  turn (name: string, change: Partial<Dials>): void {
    const dials = { clockMs: 0, slowMs: 0, ...this.#tools.loadDials, ...this.#dials.get(name), ...change }
    this.#dials.set(name, dials)
    turnDials(this.#tools.mesh.dialsFile(name), dials)
  }

  /** Everything up and going again, whatever was left. */
  async heal (): Promise<void> {
    const { mesh, mesh: { stack } } = this.#tools
    for (const part of ['kafka', 'postgres', 'redis'] as const) if (!await stack.isUp(part)) await stack.startPart(part)
    for (const actor of mesh.actors) {
      actor.signal('SIGCONT')
      if (!actor.isUp) actor.start()
    }
  }
}
