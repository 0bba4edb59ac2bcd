import { expect, test } from '@jest/globals'
import type { AgentRegistration, AuditEvent, Circuit } from '@mesh/schemas'
import { answered, handedOver } from './audit-event.fixture.ts'
import { type CircuitOrder, closedCircuit } from './circuit.ts'
import { Circuits, type InboxFacts } from './circuits.ts'
import { heardIn } from './heard.ts'
import { stalledAlert } from './alerts.ts'
import { Stalls } from './stalls.ts'

const key = 'looker@1.0.0'
const open: Circuit = { ...closedCircuit('looker', '1.0.0', 50_000), state: 'open', episode: `${key}/50000`, trips: 3, days: [{ day: 0, trips: 3, recoveries: 2, callsBlocked: 5 }], callsBlocked: 5 }

class Bench {
  readonly registered = new Map([[key, { name: 'looker', version: '1.0.0', slaP95Ms: 200, maxConcurrent: 5 } as AgentRegistration]])
  readonly orders = new Map<string, CircuitOrder>()
  inbox: InboxFacts | undefined
  readonly circuits = new Circuits({ checkMs: 30_000, slowStartMs: 10_000, probesMax: 10, windowMs: 60_000, callsMin: 10 }, {
    registration: one => this.registered.get(one), order: agent => this.orders.get(agent), inbox: () => this.inbox
  })

  hear (count: number, changes: Partial<AuditEvent>, atMs: number, deliveredAtMs = changes === timeout ? atMs - 1_000 : atMs): this {
    for (let i = 0; i < count; i++) this.circuits.hear(heardIn([{ ...handedOver, atMs: deliveredAtMs }, { ...answered, atMs, ...changes }])!, atMs)
    return this
  }

  step (nowMs: number) { return this.circuits.step(this.registered.keys(), nowMs) }
  state (nowMs: number): string | undefined {
    this.step(nowMs)
    return this.circuits.current()[0]?.state
  }
}

const failure = { outcome: 'failure', reason: 'HANDLER_FAILED' }
const timeout: Partial<AuditEvent> = { decision: 'timed_out', outcome: 'timeout', reason: 'TIMEOUT', agentMs: null, handlerMs: null }

test('of what is calm nothing is said; what trips is said once, with its alert', () => {
  const bench = new Bench().hear(40, {}, 1_000)
  expect(bench.step(1_000)).toEqual({ puts: [], gone: [], alerts: [] })
  bench.hear(10, failure, 2_000)
  expect(bench.step(2_000)).toMatchObject({ puts: [{ state: 'open', calls: 50, errors: 10 }], alerts: [{ kind: 'CIRCUIT_OPENED', agent: 'looker', version: '1.0.0' }] })
  expect(bench.step(2_100)).toEqual({ puts: [], gone: [], alerts: [] })
})

test('time-outs of an agent that works as promised behind a long queue do not count; where nothing moves they do', () => {
  const long = { oldestAgesMs: [0, 0, 2_000, 0], handledPerS: 20 }
  const state = (inbox: InboxFacts | undefined, priority = 2) => {
    const bench = new Bench()
    bench.inbox = inbox
    return bench.hear(20, { ...timeout, priority }, 1_000, 0).state(1_000)
  }
  expect([state(long), state({ ...long, handledPerS: 0 }), state(long, 0), state(undefined)]).toEqual(['closed', 'open', 'open', 'open'])
})

test('that answers came late for their wait in the queue, not in the handler, shows it, too', () => {
  const waited = new Bench().hear(120, { agentMs: 900, handlerMs: 10 }, 1_000).hear(60, timeout, 1_500)
  const not = new Bench().hear(120, { agentMs: 20, handlerMs: 10 }, 1_000).hear(60, timeout, 1_500)
  expect([waited.state(1_500), not.state(1_500)]).toEqual(['closed', 'open'])
})

test('one short wait among long ones does not put the blame on the agent', () => {
  const bench = new Bench().hear(120, { agentMs: 900, handlerMs: 10 }, 1_000).hear(1, { agentMs: 20, handlerMs: 10 }, 1_400)
  expect(bench.hear(60, timeout, 1_500).state(1_500)).toBe('closed')
})

test('what the mesh took before it handed a request over is not the agent\'s: the wait is held against what was left', () => {
  const bench = () => new Bench().hear(120, { agentMs: 610, handlerMs: 10 }, 1_000)
  expect(bench().hear(60, timeout, 3_000, 2_000).state(3_000)).toBe('closed')
  expect(bench().hear(60, timeout, 3_000, 1_500).state(3_000)).toBe('open')
  expect(bench().hear(60, { ...timeout, deadlineAtMs: 2_500 }, 3_000, 1_500).state(3_000)).toBe('closed')
})

test('probes count for their own half_open state only, and failures from before the recovery for none', () => {
  const bench = new Bench()
  bench.circuits.restore([open], 50_000)
  expect(bench.state(80_000)).toBe('half_open')
  const circuit = (sinceMs: number) => ({ circuit: { state: 'half_open', episode: open.episode, sinceMs, isProbe: true } })
  bench.hear(1, { ...failure, ...circuit(20_000) }, 80_100, 20_100)
  expect(bench.state(80_100)).toBe('half_open')
  bench.hear(10, circuit(80_000), 80_200)
  expect(bench.state(80_200)).toBe('slow_start')
  bench.hear(30, failure, 80_300, 79_000)
  expect(bench.state(80_300)).toBe('slow_start')
  bench.hear(30, failure, 80_400, 80_300)
  expect(bench.state(80_400)).toBe('open')
})

test('a new owner goes on: open stays open, half_open asks for probes anew, counts go on, and the seen is not counted again', () => {
  const bench = new Bench()
  bench.circuits.restore([open], 51_000)
  expect(bench.step(51_000).puts).toEqual([])
  const halfOpen = new Bench()
  halfOpen.circuits.restore([{ ...open, state: 'half_open', sinceMs: 50_500, probesMax: 10 }], 51_000)
  expect(halfOpen.step(51_000).puts).toMatchObject([{ state: 'half_open', sinceMs: 51_000, episode: open.episode }])
  const blocked = { decision: 'refused' as const, outcome: 'circuit_broken', reason: 'CIRCUIT_OPEN', circuit: { state: 'open', episode: open.episode, sinceMs: 50_000, isProbe: false } }
  bench.hear(4, blocked, 50_000).hear(2, blocked, 51_500)
  expect(bench.step(51_500).puts).toMatchObject([{ state: 'open', trips: 3, callsBlocked: 7 }])
  bench.hear(1, blocked, 51_600)
  expect(bench.step(53_499).puts).toEqual([])
  expect(bench.step(53_500).puts).toMatchObject([{ callsBlocked: 8 }])
})

test('orders hold for every version, also for one that is registered later; what is not registered any more is taken away', () => {
  const bench = new Bench()
  bench.orders.set('looker', { state: 'open', who: 'ada' })
  bench.registered.set('looker@2.0.0', { ...bench.registered.get(key)!, version: '2.0.0' })
  expect(bench.step(1_000).puts.map(({ version, state, forcedBy }) => [version, state, forcedBy])).toEqual([['1.0.0', 'open', 'ada'], ['2.0.0', 'open', 'ada']])
  bench.registered.delete(key)
  expect(bench.step(2_000)).toEqual({ puts: [], gone: [key], alerts: [] })
  bench.hear(40, failure, 2_000)
  expect(bench.circuits.current().map(({ version }) => version)).toEqual(['2.0.0'])
})

test('an agent that begins to stand still is told of once, until it has moved', () => {
  const stalls = new Stalls()
  const begun = (health: 'healthy' | 'stalled' | 'unknown' | 'absent') => stalls.begun([{ agent: 'a', health }]).length
  expect([begun('healthy'), begun('stalled'), begun('stalled'), begun('unknown'), begun('stalled'), begun('healthy'), begun('stalled')]).toEqual([0, 1, 0, 0, 0, 0, 1])
  expect([stalls.begun([]), begun('stalled')]).toEqual([[], 1])
  expect(stalledAlert('a', 3, 200, 5)).toMatchObject({ alertId: 'a/stalled/5', kind: 'AGENT_STALLED', message: 'a stands still: 3 deliveries wait, and none was handled for over 5000 ms.' })
})
