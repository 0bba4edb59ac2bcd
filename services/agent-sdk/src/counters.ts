// What an instance has done since it started; its health and its metrics show these.

export const counterNames = {
  handled: 'Dispatches whose handler ran and whose outcome was sent.',
  failed: 'Of those, requests answered with an error and events whose handler threw.',
  retried: 'Event handlers that ran again after they had failed.',
  unanswered: 'Handlers whose caller gave up, that were silent too long, or that a later attempt overtook; not answered.',
  setAside: 'Deliveries that ended their process again and again; sent back to the mesh.',
  expired: 'Deliveries whose deadline was over when their turn came; not handled.',
  forged: 'Deliveries and answers that their source did not write, or not like this; refused.',
  garbage: 'Inbox or answer records that could not be read; skipped.',
  abandoned: 'Handlers that did not end in time; their outcome is ignored.',
  answersLost: 'Answers that the broker did not take before their deadline.',
  repeated: 'Deliveries of a dispatch that was being handled here already.',
  refused: 'Events that the mesh refused.',
  slowDowns: 'Times that the mesh said that the agent is over its quota.',
  paced: 'Requests and events that waited here because the mesh asked to slow down.',
  redelivered: 'Deliveries left unfinished at stop or rebalance; another instance handles them.'
} as const

export type CounterName = keyof typeof counterNames

export class Counters {
  readonly #counts = new Map<CounterName, number>()

  add (name: CounterName): void { this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1) }

  read (): Record<CounterName, number> {
    return Object.fromEntries(Object.keys(counterNames).map(name => [name, this.#counts.get(name as CounterName) ?? 0])) as Record<CounterName, number>
  }
}
