// What a change of a circuit, or of an agent's health, is worth telling a person.
//
// Invariants:
//   T1. One alert when an episode begins and one when it ends; what opens again within it is told once.
//   T2. An alert's id derives from what it tells of, so telling it twice is telling it once.
import type { Alert, Circuit } from '@mesh/schemas'
import { stalledAfterMs } from '@mesh/topics'

export function alertOf (before: Circuit, after: Circuit): Alert | undefined {
  if ((before.state === 'closed') === (after.state === 'closed')) return undefined
  const kind = after.state === 'closed' ? 'CIRCUIT_CLOSED' : 'CIRCUIT_OPENED'
  const message = after.state === 'closed' ? closedMessage(after) : openedMessage(after)
  return { alertId: `${after.episode}/${after.state === 'closed' ? 'closed' : 'opened'}`, atMs: after.sinceMs, kind, agent: after.agent, version: after.version, message }
}

export const stalledAlert = (agent: string, waitingRecords: number, slaP95Ms: number, nowMs: number): Alert => ({
  alertId: `${agent}/stalled/${nowMs}`, atMs: nowMs, kind: 'AGENT_STALLED', agent, version: null,
  message: `${agent} stands still: ${waitingRecords} deliveries wait, and none was handled for over ${stalledAfterMs(slaP95Ms)} ms.`
})

function openedMessage ({ agent, version, reason, calls, errors, p95Ms, slaP95Ms, forcedBy }: Circuit): string {
  const name = `The circuit of ${agent}@${version}`
  if (forcedBy !== null) return `${name} was opened by ${forcedBy}.`
  if (reason === 'HANDLER_P95') return `${name} opened: 95 % of its handlers take up to ${Math.round(p95Ms ?? 0)} ms, promised are ${slaP95Ms} ms (${calls} calls).`
  return `${name} opened: ${errors} of ${calls} calls failed.`
}

function closedMessage ({ agent, version, sinceMs, episode, forcedBy }: Circuit): string {
  const openedAtMs = Number(episode.slice(episode.lastIndexOf('/') + 1))
  const by = forcedBy === null ? 'by itself' : `by ${forcedBy}`
  return `The circuit of ${agent}@${version} closed ${by}, ${Math.max(0, sinceMs - openedAtMs)} ms after it had opened.`
}
