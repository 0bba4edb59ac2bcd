// A dispatch of which it isn't shown who wrote it: whatever it says of itself is hearsay.
//
// Invariants:
//   U1. It changes nothing that the task knows, and its event stands under its own position: it may bear another's id.
//   U2. Its source is told, unless the id is known: then the genuine one is in, and whoever waits for it must not be misled.
import type { AuditEvent, ReasonCode } from '@mesh/schemas'
import { signatureCodes } from '@mesh/signing/chain'
import type { ReadableIngress, Refusal } from './ingress.ts'
import type { TaskView } from './task-state.ts'
import { refuse, type Rules, type Verdict } from './verdict.ts'

const unprovenReasons: ReadonlySet<ReasonCode> = new Set<ReasonCode>([...signatureCodes, 'CHAIN_BROKEN'])

export const isUnproven = ({ reason }: AuditEvent): boolean => reason !== null && unprovenReasons.has(reason as ReasonCode)

export function refuseUnproven (ingress: ReadableIngress, refusal: Refusal, view: TaskView, rules: Rules): Verdict {
  const { events, ...told } = refuse(ingress, refusal, rules)
  const { dispatchId } = ingress.dispatch
  const isKnown = view.pending(dispatchId) !== undefined || view.seen(dispatchId) !== undefined
  return isKnown ? { events } : { events, ...told }
}
