// An operator's order on a circuit, as it stands on mesh.changes: entity circuit/<agent>, and the wanted state as JSON.
import type { ControlChange } from '@mesh/schemas'
import type { CircuitOrder } from './circuit.ts'

const prefix = 'circuit/'

export interface OrderedAgent { readonly agent: string, readonly order: CircuitOrder }

/** Undefined for a change of something else, or one that can't be understood. */
export function orderIn ({ entity, after, who }: Pick<ControlChange, 'entity' | 'after' | 'who'>): OrderedAgent | undefined {
  if (!entity.startsWith(prefix)) return undefined
  const state = stateIn(after)
  return state === undefined ? undefined : { agent: entity.slice(prefix.length), order: { state, who } }
}

function stateIn (after: string | null): CircuitOrder['state'] | undefined {
  try {
    const state = after === null ? null : JSON.parse(after) as unknown
    return state === 'open' || state === 'closed' || state === null ? state : undefined
  } catch {
    return undefined
  }
}
