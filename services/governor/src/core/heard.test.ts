import { expect, test } from '@jest/globals'
import type { AuditEvent } from '@mesh/schemas'
import { answered, handedOver } from './audit-event.fixture.ts'
import { heardIn } from './heard.ts'

const heard = (changes: Partial<AuditEvent>, ...earlier: AuditEvent[]) => heardIn([...earlier, { ...answered, ...changes }])
const errorIn = (changes: Partial<AuditEvent>) => {
  const one = heard(changes, handedOver)
  return one?.type === 'ended' ? one.call?.isError : one?.type
}
const probe = { state: 'half_open', episode: 'looker@1.0.0/5', sinceMs: 77, isProbe: true }

test('an answer is a call, with the handler\'s own time and how long it had waited', () =>
  expect(heard({}, handedOver)).toEqual({
    type: 'ended', agent: 'looker', version: '1.0.0', priority: 2, isTimeout: false, heldMs: 100, waitedMs: 30, probe: undefined,
    call: { atMs: 10_100, deliveredAtMs: 10_000, isError: false, handlerMs: 60 }
  }))
test('a call was handed over when its last attempt was', () =>
  expect(heard({}, handedOver, { ...handedOver, decision: 'retried', atMs: 10_020 }, { ...handedOver, decision: 'redelivered', atMs: 10_050 }))
    .toMatchObject({ call: { deliveredAtMs: 10_050 } }))
test('failures, attempts that failed and time-outs are errors', () => {
  expect(errorIn({ outcome: 'failure', reason: 'HANDLER_FAILED' })).toBe(true)
  expect(errorIn({ outcome: 'failure', reason: 'NO_HANDLER' })).toBe(true)
  expect(errorIn({ outcome: 'failure', reason: 'OUTPUT_INVALID' })).toBe(true)
  expect(errorIn({ decision: 'retried', outcome: null, reason: 'ATTEMPT_FAILED' })).toBe(true)
  expect(errorIn({ decision: 'timed_out', outcome: 'timeout', reason: 'TIMEOUT' })).toBe(true)
  expect(heard({ decision: 'timed_out', outcome: 'timeout', reason: 'IDLE_TIMEOUT' }, handedOver)).toMatchObject({ isTimeout: true, call: { isError: true } })
  expect(heard({ decision: 'retried', outcome: null, reason: 'IDLE_TIMEOUT' }, handedOver)).toMatchObject({ isTimeout: true })
})
test('what the caller did wrong says nothing of the target', () =>
  expect([errorIn({ outcome: 'failure', reason: 'INPUT_INVALID' }), errorIn({ decision: 'cancelled', outcome: 'cancelled' })]).toEqual([undefined, undefined]))
test('a time-out says how long the target had it, up to the deadline; one handed over too late says nothing of the target', () => {
  const timedOut = (deadlineAtMs: number) => heard({ decision: 'timed_out', outcome: 'timeout', reason: 'TIMEOUT', atMs: 10_500, deadlineAtMs }, handedOver)
  expect(timedOut(10_900)).toMatchObject({ heldMs: 500, call: { isError: true } })
  expect(timedOut(10_200)).toMatchObject({ heldMs: 200, call: { isError: true } })
  expect([timedOut(10_000), timedOut(9_995)]).toMatchObject([{ heldMs: 0, call: undefined }, { heldMs: 0, call: undefined }])
})
test('what was not handed over, waited between attempts, or was ended by the mesh, says nothing either', () => {
  const timedOut = { decision: 'timed_out' as const, outcome: 'timeout', reason: 'TIMEOUT' }
  expect([heard(timedOut, { ...handedOver, decision: 'deferred' }), heard(timedOut, handedOver, { ...handedOver, decision: 'retried' })]).toEqual([undefined, undefined])
  expect(heard({ outcome: 'failure', reason: 'UNKNOWN_TARGET', agentMs: null, handlerMs: null }, handedOver)).toBeUndefined()
  expect(errorIn({ outcome: 'failure', reason: 'SET_ASIDE', handlerMs: null })).toBe(true)
})
test('what shared another\'s outcome was not handled again', () => expect(heard({ follows: 'd-0' }, handedOver)).toBeUndefined())
test('events, answers and what never reached a target are no calls', () => {
  for (const changes of [{ type: 'response' }, { type: 'event' }, { target: null }, { targetVersion: null }, { decision: 'repeated' as const }, { decision: 'late' as const }, { decision: 'progressed' as const }]) {
    expect(heard(changes, handedOver)).toBeUndefined()
  }
  expect([heardIn([]), heardIn([handedOver]), heard({ decision: 'refused', outcome: 'refused', reason: 'STALE' })]).toEqual([undefined, undefined, undefined])
})
test('a probe is known when it leaves and when it ends, by its circuit\'s state', () => {
  expect(heardIn([{ ...handedOver, circuit: probe }])).toEqual({ type: 'probe_sent', agent: 'looker', version: '1.0.0', probe: { episode: 'looker@1.0.0/5', sinceMs: 77 } })
  expect(heard({ circuit: probe }, handedOver)).toMatchObject({ type: 'ended', probe: { episode: 'looker@1.0.0/5', sinceMs: 77 } })
  expect(heard({ circuit: { ...probe, state: 'slow_start', isProbe: false } }, handedOver)).toMatchObject({ type: 'ended', probe: undefined })
})
test('what a circuit kept back was blocked, however it was answered, once', () => {
  const circuit = { state: 'open', episode: 'looker@1.0.0/5', sinceMs: 5, isProbe: false }
  const blocked = { type: 'blocked', agent: 'looker', episode: 'looker@1.0.0/5', atMs: 10_000 }
  expect(heardIn([{ ...handedOver, decision: 'refused', outcome: 'circuit_broken', reason: 'CIRCUIT_OPEN', circuit }])).toEqual(blocked)
  const elsewhere: AuditEvent = { ...handedOver, target: 'other', reason: 'CIRCUIT_FALLBACK', fallbackFor: 'looker', circuit }
  expect(heardIn([elsewhere])).toEqual(blocked)
  expect(heardIn([elsewhere, { ...elsewhere, decision: 'redelivered' }])).toBeUndefined()
  expect(heardIn([elsewhere, { ...answered, target: 'other', fallbackFor: 'looker', circuit }])).toMatchObject({ type: 'ended', agent: 'other', probe: undefined })
})
