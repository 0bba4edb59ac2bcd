// May this dispatch go, and where? The whole of what a coordinator decides about one record.
//
// Invariants:
//   D1. Pure: time, control state and the task's state arrive as arguments; nothing is changed.
//   D2. Every record gets exactly one admission event, whose id is the record's position.
//   D3. Every request that was let through gets exactly one event with its outcome, from its answer or its due time.
import type { AgentRegistration, Capability, CircuitUse, Dispatch, ReasonCode } from '@mesh/schemas'
import type { Admission } from './admission.ts'
import { decideAnswer } from './answers.ts'
import { auditEvent, fingerprintOf } from './audit-events.ts'
import { checkChain } from './chain-limits.ts'
import { breakCircuit, standInFor } from './circuit-broken.ts'
import { passage } from './circuits.ts'
import type { RegisteredAgent } from './control.ts'
import { checkDeadline, checkEnvelope, deadlineOf } from './envelope-checks.ts'
import type { Ingress, ReadableIngress, Refusal } from './ingress.ts'
import { admissionOf } from './pending.ts'
import { classPressure, outlookFor, type PressureState, yields } from './pressure.ts'
import { judgeClaim } from './priority-claims.ts'
import { decideRepeat, firstUnderKey } from './shared-outcomes.ts'
import { decideCancel, decideProgress } from './signals.ts'
import { selectTarget } from './routing.ts'
import type { TaskView } from './task-state.ts'
import { refuseUnproven } from './unproven.ts'
import { refuse, refuseUnreadable, type Rules, type Verdict, withNotice } from './verdict.ts'

/** A verdict, or an admission whose quota is to be asked (`conclude` in admission.ts). */
export function decide (ingress: Ingress, view: TaskView, rules: Rules): Verdict | Admission {
  if (ingress.kind === 'unreadable') return refuseUnreadable(ingress, ingress, rules)
  const { dispatch, facts, unproven } = ingress
  const source = rules.control.agents.get(dispatch.source)
  // Of a source that nobody knows there is nothing to show.
  if (unproven !== undefined && source !== undefined) return refuseUnproven(ingress, unproven, view, rules)
  const malformed = checkEnvelope(dispatch, facts, rules.context.taskCount)
  if (malformed !== undefined) return refuse(ingress, malformed, rules)
  if (source === undefined) return refuse(ingress, { code: 'UNKNOWN_SOURCE', message: `no agent '${dispatch.source}' is registered` }, rules)
  if (source.registration.status === 'quarantined') return refuse(ingress, { code: 'QUARANTINED', message: `agent '${dispatch.source}' is quarantined` }, rules)
  if (dispatch.type === 'progress') return decideProgress(ingress, view, rules)
  if (dispatch.type === 'cancel') return decideCancel(ingress, view, rules)
  if (ingress.isRedriven) return decideRedriven(ingress, source, view, rules)
  const known = knownFingerprint(dispatch.dispatchId, view)
  if (known !== undefined) return decideKnown(ingress, known, view, rules)
  if (view.isStale(facts.lane, dispatch.issuedAtMs)) {
    return refuse(ingress, { code: 'STALE', message: `issued ${facts.appendedAtMs - dispatch.issuedAtMs} ms before it was appended, longer than ids are remembered` }, rules)
  }
  if (dispatch.type === 'response' || dispatch.type === 'error') return decideAnswer(ingress, view, rules)
  const first = firstUnderKey(ingress, view)
  if (first !== undefined) return replyProblem(ingress, source, rules) ?? decideRepeat(ingress, first, rules)
  return decideNew(ingress, source, view, rules)
}

/** A dead letter again, by order of an operator: it was seen before, and is judged like a new one. */
function decideRedriven (ingress: ReadableIngress, source: RegisteredAgent, view: TaskView, rules: Rules): Verdict | Admission {
  const { type, dispatchId } = ingress.dispatch
  if (type !== 'request' && type !== 'event') return refuse(ingress, { code: 'REDRIVE_REFUSED', message: `a ${type} can't be sent again` }, rules)
  if (view.pending(dispatchId) !== undefined) return refuse(ingress, { code: 'REDRIVE_REFUSED', message: 'the dispatch still waits for its outcome' }, rules)
  return decideNew(ingress, source, view, rules)
}

/** A request or an event that was not seen before, from a source in good standing. */
function decideNew (ingress: ReadableIngress, source: RegisteredAgent, view: TaskView, rules: Rules): Verdict | Admission {
  const { dispatch, facts } = ingress
  const { control, context: { nowMs } } = rules
  const tooLate = checkDeadline(dispatch, facts.appendedAtMs, nowMs)
  if (tooLate !== undefined) return refuse(ingress, tooLate, rules)
  const notItsParent = parentProblem(ingress, view)
  if (notItsParent !== undefined) return refuseUnproven(ingress, notItsParent, view, rules)
  if (!source.mayCall.has(dispatch.capability)) {
    return refuse(ingress, { code: 'UNDECLARED_DEPENDENCY', message: `'${dispatch.source}' did not declare '${dispatch.capability}' as a dependency` }, rules)
  }
  const replyRefused = replyProblem(ingress, source, rules)
  if (replyRefused !== undefined) return replyRefused
  const claim = judgeClaim(dispatch, classOf(dispatch.parentId, view), source.mayStartUrgent.has(dispatch.capability), rules.claimPolicy)
  if ('refusal' in claim) return refuse(ingress, claim.refusal, rules)
  const route = selectTarget(dispatch, source, control)
  if ('refusal' in route) return refuse(ingress, route.refusal, rules)
  const { registration: target } = route.agent
  const looping = checkChain(dispatch, target, dispatch.capability, view, rules.context.nowMs)
  if (looping !== undefined) return refuse(ingress, looping, rules, { target: target.name, targetVersion: target.version })
  const { passes, use } = passage(control.circuits, target, dispatch.dispatchId, view, rules.context)
  if (passes) return judgeOutlook({ ingress, source, agent: route.agent, priority: claim.priority, circuit: use, fallbackFor: null, capability: null }, rules)
  const standIn = standInFor(dispatch, source, target, view, rules)
  if (standIn === undefined) return breakCircuit(ingress, target, { target: target.name, targetVersion: target.version, circuit: use }, rules)
  return judgeOutlook({ ingress, source, ...standIn, priority: claim.priority, fallbackFor: target.name }, rules)
}

interface Routed {
  readonly ingress: ReadableIngress
  readonly source: RegisteredAgent
  readonly agent: RegisteredAgent
  readonly priority: number
  readonly circuit: CircuitUse | null
  readonly fallbackFor: string | null
  /** Set where the agent stands in for another. */
  readonly capability: string | null
}

/** Can it be handled in time? */
function judgeOutlook ({ ingress, source, agent, priority, circuit, fallbackFor, capability }: Routed, rules: Rules): Verdict | Admission {
  const { dispatch, facts } = ingress
  const { control, context: { nowMs } } = rules
  const { registration: target } = agent
  const deadlineAtMs = deadlineOf(dispatch, facts.appendedAtMs)
  const remainingMs = deadlineAtMs === null ? Infinity : deadlineAtMs - nowMs
  const outlook = outlookFor(classPressure(control.pressure, target.name, priority, nowMs), priority, remainingMs)
  if (outlook.refusal !== undefined) {
    const { expectedWaitMs } = outlook
    return refuse(ingress, outlook.refusal, rules, { target: target.name, targetVersion: target.version, deadlineAtMs, expectedWaitMs, circuit, fallbackFor })
  }
  return {
    kind: 'admission', ingress, source: source.registration, target, priority, deadlineAtMs, circuit, fallbackFor, capability,
    idleTimeoutMs: idleTimeoutOf(dispatch, agent.offers.get(capability ?? dispatch.capability)),
    expectedWaitMs: outlook.expectedWaitMs, isExpectedLate: outlook.isExpectedLate, hold: holdOf(target, priority, control.pressure, nowMs)
  }
}

/** The shorter one of what the caller and the target allow. */
function idleTimeoutOf (dispatch: Dispatch, capability: Capability | undefined): number | null {
  if (dispatch.type !== 'request') return null
  const idleMs = Math.min(dispatch.idleTimeoutMs ?? Infinity, capability?.idleTimeoutMs ?? Infinity)
  return idleMs === Infinity ? null : idleMs
}

/** Why a target takes none of a class just now. */
export function holdOf (target: Pick<AgentRegistration, 'name' | 'status'>, priority: number, pressure: PressureState, nowMs: number): ReasonCode | undefined {
  if (target.status === 'paused') return 'TARGET_PAUSED'
  return yields(pressure, target.name, priority, nowMs) ? 'TARGET_PRESSED' : undefined
}

/** A chain can be cut at its end, too: by naming as its cause what was given to another. */
function parentProblem ({ dispatch: { parentId, source }, isChecked }: ReadableIngress, view: TaskView): Refusal | undefined {
  const parent = isChecked && parentId !== null ? view.pending(parentId) : undefined
  if (parent === undefined || admissionOf(parent).target === source) return undefined
  return { code: 'CHAIN_BROKEN', message: `its parent was not given to '${source}'` }
}

/** The class of the dispatch that caused this one, as long as the task remembers it. */
function classOf (parentId: string | null, view: TaskView): number | undefined {
  if (parentId === null) return undefined
  const pending = view.pending(parentId)
  return pending === undefined ? view.seen(parentId)?.priority : admissionOf(pending).priority ?? undefined
}

function replyProblem (ingress: ReadableIngress, source: RegisteredAgent, rules: Rules): Verdict | undefined {
  const problem = replyPartitionProblem(ingress.dispatch, source)
  return problem === undefined ? undefined : refuse(ingress, problem, rules)
}

function replyPartitionProblem (dispatch: Dispatch, source: RegisteredAgent): Refusal | undefined {
  const { replyPartition, type } = dispatch
  if (replyPartition === null) {
    return type === 'request' ? { code: 'REPLY_PARTITION_RANGE', message: 'a request needs a replyPartition' } : undefined
  }
  const { answersPartitions } = source.registration
  if (replyPartition >= 0 && replyPartition < answersPartitions) return undefined
  return { code: 'REPLY_PARTITION_RANGE', message: `replyPartition ${replyPartition} is not one of 0 to ${answersPartitions - 1}` }
}

function knownFingerprint (id: string, view: TaskView): string | undefined {
  const seen = view.seen(id)
  if (seen !== undefined) return seen.fingerprint
  const pending = view.pending(id)
  return pending === undefined ? undefined : fingerprintOf(admissionOf(pending))
}

/** The same id again. A repeat moves a waiting request's answer to whoever sent it last; anything else is refused. */
function decideKnown (ingress: ReadableIngress, fingerprint: string, view: TaskView, rules: Rules): Verdict {
  const { dispatch } = ingress
  const probe = auditEvent(ingress, { decision: 'repeated', reason: 'DUPLICATE' }, rules.context)
  if (fingerprintOf(probe) !== fingerprint) {
    return refuse(ingress, { code: 'DUPLICATE_CONFLICT', message: 'the id was used before for another content' }, rules)
  }
  const source = rules.control.agents.get(dispatch.source)!
  const replyRefused = replyProblem(ingress, source, rules)
  if (replyRefused !== undefined) return replyRefused
  if (dispatch.type !== 'request' || view.pending(dispatch.dispatchId) !== undefined) return { events: [probe] }
  const seen = view.seen(dispatch.dispatchId)
  // It waits in the mesh: whoever repeated it last is told.
  if (seen?.outcome === null) return { events: [probe] }
  const outcome = seen?.outcome ?? 'unknown'
  const message = `the request was sent before and ended in ${outcome}; its answer went to the instance that waited then`
  return withNotice({ events: [probe] }, ingress, { code: 'DUPLICATE', message }, rules)
}
