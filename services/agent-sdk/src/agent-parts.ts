// What the SDK itself sees of an agent; its author sees `Agent`.
import type { AgentDefinition, Contracts } from './definition.ts'
import type { Refused } from './exchange-parts.ts'
import type { AgentInstance } from './instance.ts'
import type { Listeners } from './listeners.ts'
import type { AnyHandler, Began } from './pipeline.ts'
import type { SlowDownSignal } from './slow-down.ts'

export interface AgentParts {
  readonly definition: AgentDefinition
  readonly contracts: Contracts
  readonly handlers: ReadonlyMap<string, AnyHandler>
  readonly refusals: Listeners<Refused>
  readonly slowDowns: Listeners<SlowDownSignal>
  readonly begun: Listeners<Began>
  attach (running: RunningAgent): void
  detach (): void
}

/** An instance with what it takes to stop it. */
export interface RunningAgent {
  readonly instance: AgentInstance
  /** Why it can't work just now; undefined when it can. */
  problem (): string | undefined
  /** Deliveries read and not yet begun. */
  queued (): number
  stop (): Promise<void>
}

const partsOfAgents = new WeakMap<object, AgentParts>()

export function setParts (agent: object, parts: AgentParts): void { partsOfAgents.set(agent, parts) }

export function partsOf (agent: object): AgentParts {
  const parts = partsOfAgents.get(agent)
  if (parts === undefined) throw new TypeError('not an agent: make it with defineAgent')
  return parts
}
