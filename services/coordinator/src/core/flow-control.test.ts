import { describe, expect, test } from '@jest/globals'
import type { SlotAnswer } from '@mesh/quota-store/limits'
import type { AgentRegistration, ClassPressure, Dispatch } from '@mesh/schemas'
import { partitionFor, topicNames } from '@mesh/topics'
import { type Admission, conclude, isAdmission } from './admission.ts'
import { applyRegistration, emptyControl } from './control.ts'
import { decide, holdOf } from './decide.ts'
import type { ReadableIngress } from './ingress.ts'
import { classPressure, measuredMsMax } from './pressure.ts'
import { judgeClaim } from './priority-claims.ts'
import { defaultSeenBounds } from './seen-window.ts'
import { TaskState } from './task-state.ts'
import type { Rules, Verdict } from './verdict.ts'

const at = 1_000_000
const workflowId = 'wf'
const names = topicNames('mesh')
const partition = partitionFor(workflowId, 4)
const registration = (name: string, change: Partial<AgentRegistration> = {}): AgentRegistration => ({
  name, version: '1.0.0', domain: 'd', ownerTeam: 't', role: 'bot', capabilities: [], dependencies: ['look'], maxConcurrent: 1, slaP95Ms: 100,
  latencyProfileMs: null, costProfileMicros: null, allowedModels: [], allowedTools: [], confidenceThreshold: null, regions: [], fallback: null,
  urgentCapabilities: [], chainLimits: null, inboxPartitions: 4, answersPartitions: 3, status: 'active', registeredAtMs: 0, ...change
})
const looker = (change: Partial<AgentRegistration> = {}) =>
  registration('looker', { capabilities: [{ name: 'look', inputSchema: '{}', outputSchema: '{}', contractHash: 'h', retry: null, idleTimeoutMs: null, fallback: null, chainLimits: null }], dependencies: [], ...change })

function rulesWith (agents: readonly AgentRegistration[], classes: readonly Partial<ClassPressure>[] = [], measuredAtMs = at): Rules {
  const control = emptyControl()
  agents.forEach((agent, offset) => applyRegistration(control, agent, offset))
  if (classes.length > 0) {
    const calm = { waitingRecords: 0, oldestAgeMs: 0, drainPerS: 10, expectedWaitMs: 0, isPressed: false }
    const whole = [0, 1, 2, 3].map(priority => ({ ...calm, ...classes[priority] }))
    control.pressure.byAgent.set('looker', { agent: 'looker', atMs: at, classes: whole, health: 'healthy', instances: 1 })
    control.pressure.measuredAtMs = measuredAtMs
  }
  return { control, names, claimPolicy: 'refuse', context: { nowMs: at, task: partition, taskCount: 4, decidedBy: 'c', controlOffset: 0, payloadHashKeyId: 'k' } }
}

const dispatch = (change: Partial<Dispatch> = {}): Dispatch => ({
  dispatchId: 'd', workflowId, parentId: null, inReplyTo: null, chain: [], link: '', type: 'request', source: 'asker', sourceVersion: '1', sourceInstance: 'i', target: null,
  capability: 'look', priority: 2, issuedAtMs: at, ttlMs: 1_000, replyPartition: 0, idempotencyKey: null, idleTimeoutMs: null, handlerMs: null, costCapMicros: null, confidence: null, usage: null,
  error: null, contentType: 'application/json', payload: Buffer.from('{}'), ...change
})
const ingress = (from: Dispatch): ReadableIngress => ({
  kind: 'readable', dispatch: from, payloadHash: 'h', idempotencyKey: null, isChecked: false, isRedriven: false,
  facts: { position: { topic: names.dispatch(from.priority), partition, offset: 7 }, lane: from.priority, appendedAtMs: at, key: workflowId }
})
const step = (from: Dispatch, rules: Rules) => decide(ingress(from), new TaskState(4, defaultSeenBounds), rules)

function admitted (from: Dispatch, rules: Rules): Admission {
  const result = step(from, rules)
  if (!isAdmission(result)) throw new Error(`refused: ${result.events[0]!.reason}`)
  return result
}

const refusal = (from: Dispatch, rules: Rules) => {
  const result = step(from, rules)
  return isAdmission(result) ? undefined : result.events[0]!.reason
}

const limits = { quotaId: 'role/bot', ratePerS: 10, burst: 5, outstandingMax: 100 }
const granted = (delayMs: number, episode: string | null = null): SlotAnswer => ({ outcome: 'granted', delayMs, backlogRecords: 3, clearsInMs: 900, episode, isLocal: false })
const concluded = (from: Dispatch, slot: SlotAnswer, behindDueMs?: number): Verdict => {
  const rules = rulesWith([registration('asker'), looker()])
  return conclude(admitted(from, rules), { slot, limits, behindDueMs }, rules)
}

describe('what the quota answers', () => {
  test('a slot now: delivered', () => expect(concluded(dispatch(), granted(0))).toMatchObject({ events: [{ decision: 'delivered', quota: { delayMs: 0 } }], delivery: {} }))
  test('a slot later: deferred until then, under its ingress', () => {
    expect(concluded(dispatch(), granted(400))).toMatchObject({ events: [{ decision: 'deferred', reason: 'OVER_QUOTA', dueAtMs: at + 400 }], deferral: { key: '2/7', dueAtMs: at + 400 } })
  })
  test('behind one that waits: not before it', () => {
    expect(concluded(dispatch(), granted(100), at + 300)).toMatchObject({ events: [{ reason: 'OVER_QUOTA', dueAtMs: at + 300 }] })
    expect(concluded(dispatch(), granted(0), at + 300)).toMatchObject({ events: [{ reason: 'BEHIND_DEFERRED', dueAtMs: at + 300 }] })
  })
  test('no wait ends a dispatch without a deadline; a deadline that would be missed is told at once', () => {
    expect(concluded(dispatch({ type: 'event', ttlMs: null }), granted(86_400_000)).events[0]!.decision).toBe('deferred')
    expect(concluded(dispatch(), granted(1_000))).toMatchObject({ events: [{ decision: 'refused', reason: 'DEADLINE_UNREACHABLE' }], notices: [{ notice: { retryAfterMs: 1_000 } }] })
  })
  test('refused: typed, with the time to wait', () => {
    const verdict = concluded(dispatch(), { outcome: 'refused', reason: 'backlog', retryAfterMs: 250, backlogRecords: 100, isLocal: false })
    expect(verdict).toMatchObject({ events: [{ reason: 'QUOTA_BACKLOG_FULL', quota: { backlogRecords: 100 } }], notices: [{ notice: { retryAfterMs: 250, retriable: true } }] })
  })
  test('the first over the quota tells every instance of its source, once', () => {
    const { notices } = concluded(dispatch(), granted(400, 'e1'))
    expect(notices!.map(({ partition: to }) => to)).toEqual([0, 1, 2])
    expect(notices![0]!.notice).toMatchObject({ type: 'slow_down', sourceInstance: '', slowDown: { ratePerS: 10, burst: 5, backlogRecords: 3, clearsInMs: 900 } })
    expect(concluded(dispatch(), granted(400)).notices).toBeUndefined()
  })
})

describe('P0 is granted, not claimed', () => {
  const urgent = dispatch({ priority: 0 })
  test('granted for a capability by the registration', () => {
    expect(admitted(urgent, rulesWith([registration('asker', { urgentCapabilities: ['look'] }), looker()])).priority).toBe(0)
    expect(refusal(urgent, rulesWith([registration('asker', { urgentCapabilities: ['other'] }), looker()]))).toBe('PRIORITY_NOT_GRANTED')
  })
  test.each([
    [0, undefined, true, 0], [0, undefined, false, 'refused'], [1, undefined, false, 1], [0, 0, false, 0], [0, 2, true, 'refused'], [2, 2, false, 2], [3, 2, false, 3]
  ] as const)('P%s of a cause of P%s, granted %s: %s', (priority, cause, isGranted, expected) => {
    const claim = judgeClaim(dispatch({ priority }), cause, isGranted, 'refuse')
    expect('refusal' in claim ? 'refused' : claim.priority).toBe(expected)
  })
  test('lowered to what it may have, by policy', () => {
    expect(judgeClaim(urgent, undefined, false, 'lower')).toEqual({ priority: 1 })
    expect(judgeClaim(urgent, 3, true, 'lower')).toEqual({ priority: 3 })
  })
})

describe('pressure of the target', () => {
  const with3 = (classes: readonly Partial<ClassPressure>[], measuredAtMs = at) => rulesWith([registration('asker', { urgentCapabilities: ['look'] }), looker()], classes, measuredAtMs)
  test('a deadline out of reach is refused at once, with the expected wait', () => {
    const rules = with3([{}, {}, { expectedWaitMs: 900 }])
    expect(step(dispatch(), rules)).toMatchObject({ events: [{ reason: 'DEADLINE_UNREACHABLE', expectedWaitMs: 900 }], notices: [{ notice: { retryAfterMs: 900 } }] })
    expect(admitted(dispatch({ ttlMs: 2_000 }), rules).expectedWaitMs).toBe(900)
    expect(admitted(dispatch({ type: 'event', ttlMs: null }), rules)).toBeDefined()
  })
  test('entered at 80 % of the time left, left at 50 %', () => {
    for (const [expectedWaitMs, isPressed, isRefused] of [[800, false, false], [801, false, true], [501, true, true], [500, true, false]] as const) {
      expect(refusal(dispatch(), with3([{}, {}, { expectedWaitMs, isPressed }])) === 'DEADLINE_UNREACHABLE').toBe(isRefused)
    }
  })
  test('P0 goes through and says that it will be late', () => {
    expect(admitted(dispatch({ priority: 0 }), with3([{ expectedWaitMs: 5_000 }]))).toMatchObject({ isExpectedLate: true })
  })
  test('P3 yields to a pressed P0, P2 only beyond its objective', () => {
    const { pressure } = with3([{ isPressed: true, expectedWaitMs: 170 }]).control
    expect([1, 2, 3].map(priority => holdOf(looker(), priority, pressure, at))).toEqual([undefined, undefined, 'TARGET_PRESSED'])
    const worse = with3([{ isPressed: true, expectedWaitMs: 200 }]).control.pressure
    expect([1, 2, 3].map(priority => holdOf(looker(), priority, worse, at))).toEqual([undefined, 'TARGET_PRESSED', 'TARGET_PRESSED'])
  })
  test('what was not measured lately is unknown, not zero and not pressed', () => {
    const rules = with3([{ isPressed: true, expectedWaitMs: 9_000 }, {}, { expectedWaitMs: 9_000 }], at - measuredMsMax - 1)
    expect(classPressure(rules.control.pressure, 'looker', 2, at)).toBeUndefined()
    expect(admitted(dispatch(), rules)).toMatchObject({ expectedWaitMs: null, hold: undefined })
  })
})

test('a paused target holds everything, a draining one takes nothing new', () => {
  expect(admitted(dispatch(), rulesWith([registration('asker'), looker({ status: 'paused' })])).hold).toBe('TARGET_PAUSED')
  expect(refusal(dispatch({ target: 'looker' }), rulesWith([registration('asker'), looker({ status: 'draining' })]))).toBe('TARGET_DRAINING')
  const other = looker({ name: 'other' })
  expect(admitted(dispatch(), rulesWith([registration('asker'), looker({ status: 'draining' }), other])).target.name).toBe('other')
})
