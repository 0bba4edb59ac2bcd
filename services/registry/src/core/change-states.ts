// What mesh.changes says is so now of what has no topic of its own: orders about circuits, what became of dead letters, and
// legal holds.
//
// G1. The newest change of an entity counts. A change of another shape than ours is passed over: it changes nothing here.
// G2. Of dead letters the newest `settledDeadLettersMax` are remembered. Of one older than that it is not known any more that it
//     was sent again, so it may be sent once more; the coordinator checks it as the first time.

import type { ControlChange } from '@mesh/schemas'
import { bounds } from './field-rules.ts'
import type { Hold } from './holds.ts'

export const circuitOrders = ['open', 'closed'] as const
export type CircuitOrder = typeof circuitOrders[number]

interface Asked { readonly who: string, readonly why: string | null, readonly atMs: number }
export type OrderedCircuit = Asked & { readonly state: CircuitOrder }

export const deadLetterStates = ['redriven', 'discarded'] as const
export type DeadLetterState = typeof deadLetterStates[number]
export type SettledDeadLetter = Asked & { readonly state: DeadLetterState }

export interface ChangeStates {
  /** By agent; none where the circuit is left to the measuring. */
  readonly circuits: ReadonlyMap<string, OrderedCircuit>
  /** By partition/offset. */
  readonly deadLetters: ReadonlyMap<string, SettledDeadLetter>
  /** By id; none that is released, or older than the topic. */
  readonly holds: ReadonlyMap<string, Hold>
}

export interface ChangeStatesProjection extends ChangeStates {
  put (change: ControlChange): void
}

const circuitPrefix = 'circuit/'
const deadLetterPrefix = 'dead-letter/'
const holdPrefix = 'hold/'
export const circuitEntity = (agent: string): string => `${circuitPrefix}${agent}`
export const deadLetterEntity = (partition: number, offset: number): string => `${deadLetterPrefix}${partition}/${offset}`
export const holdEntity = (holdId: string): string => `${holdPrefix}${holdId}`

export function createChangeStates (settledMax: number = bounds.settledDeadLettersMax): ChangeStatesProjection {
  const circuits = new Map<string, OrderedCircuit>()
  const deadLetters = new Map<string, SettledDeadLetter>()
  const holds = new Map<string, Hold>()
  return {
    circuits,
    deadLetters,
    holds,
    put ({ entity, after, who, why, atMs }) {
      const asked = { who, why, atMs }
      if (entity.startsWith(circuitPrefix)) {
        const state = circuitOrders.find(order => JSON.stringify(order) === after)
        const agent = entity.slice(circuitPrefix.length)
        if (state !== undefined) circuits.set(agent, { ...asked, state })
        else if (after === null) circuits.delete(agent)
      } else if (entity.startsWith(holdPrefix)) {
        const hold = holdIn(after)
        const holdId = entity.slice(holdPrefix.length)
        if (hold !== undefined) holds.set(holdId, hold)
        else if (after === null) holds.delete(holdId)
      } else if (entity.startsWith(deadLetterPrefix)) {
        const state = stateIn(after)
        if (state === undefined) return
        const place = entity.slice(deadLetterPrefix.length)
        deadLetters.delete(place)
        deadLetters.set(place, { ...asked, state })
        for (const oldest of deadLetters.keys()) {
          if (deadLetters.size <= settledMax) break
          deadLetters.delete(oldest)
        }
      }
    }
  }
}

function stateIn (after: string | null): DeadLetterState | undefined {
  try {
    const { state } = JSON.parse(after ?? '{}') as { readonly state?: unknown }
    return deadLetterStates.find(known => known === state)
  } catch {
    return undefined
  }
}

function holdIn (after: string | null): Hold | undefined {
  try {
    const { fromMs, toMs, workflow, agent } = JSON.parse(after ?? '{}') as Partial<Record<keyof Hold, unknown>>
    if (typeof fromMs !== 'number' || typeof toMs !== 'number') return undefined
    return { fromMs, toMs, workflow: typeof workflow === 'string' ? workflow : null, agent: typeof agent === 'string' ? agent : null }
  } catch {
    return undefined
  }
}
