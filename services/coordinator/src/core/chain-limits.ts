// Against agents that call each other without end: how deep, how often through the same agent, and how far in all.
//
// Invariants:
//   H1. The capability's own bound goes before its agent's, and that before the mesh's.
//   H2. What is cut is told to its source as an error that it can act on; who goes on is held off for a while.
import type { AgentRegistration, ChainLimits, Dispatch } from '@mesh/schemas'
import type { Refusal } from './ingress.ts'
import { tallyWindowMs } from './sliding-tallies.ts'
import { cutsOf, hopsOf, type Tallies } from './tallied.ts'

export const meshChainLimits = { depthMax: 32, visitsMax: 4, workflowHopsMax: 10_000 } as const

/** Loops cut within the last minute or two, from which on a source is held off in that workflow. */
export const cutsMax = 5
/** After this the cuts no longer count. */
const throttledMs = 2 * tallyWindowMs

export function checkChain (
  dispatch: Pick<Dispatch, 'source' | 'workflowId' | 'chain'>, target: AgentRegistration, capability: string, tallies: Tallies, nowMs: number
): Refusal | undefined {
  const { source, workflowId, chain } = dispatch
  if (chain.length === 0) return undefined
  if (tallies.tally(cutsOf(source, workflowId), nowMs) >= cutsMax) {
    return { code: 'LOOP_THROTTLED', message: `'${source}' went on with a loop that was cut ${cutsMax} times in this workflow`, retryAfterMs: throttledMs }
  }
  const { depthMax, visitsMax, workflowHopsMax } = limitsOf(target, capability)
  if (chain.length > depthMax) return { code: 'CHAIN_TOO_DEEP', message: `${chain.length} dispatches led to it; '${target.name}' takes at most ${depthMax}` }
  const visits = chain.reduce((times, { agent }) => agent === target.name ? times + 1 : times, 0)
  if (visits >= visitsMax) return { code: 'CHAIN_CYCLE', message: `'${target.name}' has sent ${visits} of the dispatches that led to it; at most ${visitsMax - 1} may` }
  if (tallies.tally(hopsOf(workflowId), nowMs) < workflowHopsMax) return undefined
  return { code: 'WORKFLOW_HOPS_SPENT', message: `the workflow has had ${workflowHopsMax} dispatches that others caused within the last minutes` }
}

function limitsOf (target: AgentRegistration, capability: string): { readonly [Limit in keyof ChainLimits]: number } {
  const own = target.capabilities.find(({ name }) => name === capability)?.chainLimits
  const limit = (name: keyof ChainLimits): number => own?.[name] ?? target.chainLimits?.[name] ?? meshChainLimits[name]
  return { depthMax: limit('depthMax'), visitsMax: limit('visitsMax'), workflowHopsMax: limit('workflowHopsMax') }
}
