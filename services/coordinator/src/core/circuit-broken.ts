// What callers get while a target is cut off: what it registered for that, at once.
//
// Invariants:
//   B1. A stand-in has no stand-in of its own: at most one step aside.
//   B2. The capability's own fallback goes before its agent's.
import type { AgentRegistration, CircuitUse, Dispatch, Fallback, Notice } from '@mesh/schemas'
import { auditEvent, type DecisionFacts } from './audit-events.ts'
import { passage } from './circuits.ts'
import type { RegisteredAgent } from './control.ts'
import type { ReadableIngress, Refusal } from './ingress.ts'
import { type Addressee, refusalNotice } from './notices.ts'
import { selectTarget } from './routing.ts'
import type { TaskView } from './task-state.ts'
import type { NoticeOut, Rules, Verdict } from './verdict.ts'

/** A hint for callers that were given nothing else: circuits are looked at again about as often. */
const retryHintMs = 5_000

export interface StandIn {
  readonly agent: RegisteredAgent
  readonly capability: string
  readonly circuit: CircuitUse | null
}

function fallbackOf ({ capabilities, fallback }: AgentRegistration, capability: string): Fallback | undefined {
  const own = capabilities.find(({ name }) => name === capability)?.fallback
  if (own !== null && own !== undefined) return own
  return fallback === null ? undefined : { kind: 'capability', capability: fallback, contentType: '', payload: null, code: null, message: null }
}

/** Who is asked instead; undefined where the target names nobody, or nobody who can be asked. */
export function standInFor (
  dispatch: Dispatch, source: RegisteredAgent, target: AgentRegistration, view: TaskView, rules: Rules
): StandIn | undefined {
  const capability = fallbackOf(target, dispatch.capability)?.capability ?? null
  if (capability === null) return undefined
  const route = selectTarget({ ...dispatch, target: null, capability }, source, rules.control)
  if ('refusal' in route || route.agent.registration.name === target.name) return undefined
  const { passes, use } = passage(rules.control.circuits, route.agent.registration, dispatch.dispatchId, view, rules.context)
  return passes ? { agent: route.agent, capability, circuit: use } : undefined
}

export function breakCircuit (ingress: ReadableIngress, target: AgentRegistration, facts: Partial<DecisionFacts>, rules: Rules): Verdict {
  const { dispatch, facts: { position } } = ingress
  const isReplied = dispatch.type === 'request' && fallbackOf(target, dispatch.capability)?.kind === 'reply'
  const event = auditEvent(ingress, {
    ...facts, decision: 'refused', outcome: 'circuit_broken', reason: isReplied ? 'CIRCUIT_FALLBACK' : 'CIRCUIT_OPEN', fallbackFor: isReplied ? target.name : null
  }, rules.context)
  return { events: [event], notices: circuitNotices({ ...dispatch, ingress: position }, target, dispatch.capability, rules) }
}

/** The fixed answer or error that the target registered, else that it is cut off. */
export function circuitNotices (to: Addressee, target: AgentRegistration, capability: string, { control, names }: Rules): NoticeOut[] {
  const fallback = fallbackOf(target, capability)
  const refusal: Refusal = { code: 'CIRCUIT_OPEN', message: `'${target.name}' failed or was slow too often and is cut off for now`, retryAfterMs: retryHintMs }
  const told = refusalNotice(to, refusal, control, names)
  if (told === undefined) return []
  return [{ ...told, notice: { ...told.notice, ...registered(fallback) } }]
}

function registered (fallback: Fallback | undefined): Partial<Notice> {
  if (fallback?.kind === 'reply' && fallback.payload !== null) return { type: 'fallback', code: 'CIRCUIT_FALLBACK', fallback: { contentType: fallback.contentType, payload: fallback.payload } }
  if (fallback?.kind !== 'error') return {}
  return { ...fallback.code === null ? {} : { code: fallback.code }, ...fallback.message === null ? {} : { message: fallback.message } }
}
