// Which counts an event adds to, and what they are called.
import type { AuditEvent, CircuitUse } from '@mesh/schemas'

/** How often something happened in the last minute or two. */
export interface Tallies {
  tally (name: string, nowMs: number): number
}

export const hopsOf = (workflowId: string): string => `hops/${workflowId}`
export const cutsOf = (source: string, workflowId: string): string => `cuts/${source}/${workflowId}`
/** A half-open state that is published anew has probes anew. */
export const probesOf = (target: string, version: string, { episode, sinceMs }: Pick<CircuitUse, 'episode' | 'sinceMs'>): string =>
  `probes/${target}@${version}/${episode}/${sinceMs}`

const chainReasons: ReadonlySet<string> = new Set(['CHAIN_TOO_DEEP', 'CHAIN_CYCLE', 'WORKFLOW_HOPS_SPENT'])
const passes: ReadonlySet<string> = new Set(['delivered', 'released', 'redelivered'])

export function talliedBy (event: AuditEvent): string[] {
  const { decision, type, hop, target, targetVersion, workflowId, source, reason, circuit } = event
  if (type !== 'request' && type !== 'event') return []
  const names: string[] = []
  // Only what another dispatch caused is a hop: a source may begin as much as its quota allows.
  if (hop > 0 && (decision === 'delivered' || decision === 'deferred')) names.push(hopsOf(workflowId!))
  if (decision === 'refused' && reason !== null && chainReasons.has(reason)) names.push(cutsOf(source!, workflowId!))
  if (circuit?.isProbe === true && passes.has(decision)) names.push(probesOf(target!, targetVersion!, circuit))
  return names
}
