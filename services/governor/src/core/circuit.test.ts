import { expect, test } from '@jest/globals'
import type { Circuit } from '@mesh/schemas'
import fc from 'fast-check'
import { alertOf } from './alerts.ts'
import { type CircuitFacts, type CircuitOrder, type CircuitSettings, closedCircuit, nextCircuit, withBlocked } from './circuit.ts'
import { noProbes, type ProbeEnd, type ProbeResults, withProbe } from './probes.ts'

const settings: CircuitSettings = { checkMs: 30_000, slowStartMs: 10_000, probesMax: 10 }
const calm: CircuitFacts = { verdict: null, calls: 40, errors: 0, p95Ms: 100, slaP95Ms: 200, probes: noProbes, order: undefined }
const failing: CircuitFacts = { ...calm, verdict: 'ERROR_RATE', errors: 8 }
const probes = (changes: Partial<ProbeResults>): CircuitFacts => ({ ...calm, probes: { ...noProbes, lastAtMs: 0, ...changes } })
const ordered = (state: CircuitOrder['state'], who = 'ada'): CircuitFacts => ({ ...calm, order: { state, who } })

const given = (...steps: readonly [nowMs: number, facts: CircuitFacts][]): Circuit =>
  steps.reduce((circuit, [nowMs, facts]) => nextCircuit(circuit, facts, nowMs, settings), closedCircuit('looker', '1.0.0', 0))

test('it opens when judged bad, with the numbers that led to it, and an episode of its own', () =>
  expect(given([1_000, failing])).toMatchObject({
    state: 'open', episode: 'looker@1.0.0/1000', sinceMs: 1_000, reason: 'ERROR_RATE', admitShare: 0, calls: 40, errors: 8, p95Ms: 100, slaP95Ms: 200, forcedBy: null, trips: 1, recoveries: 0
  }))
test('while calm nothing changes, not even the record', () => {
  const circuit = closedCircuit('looker', '1.0.0', 0)
  expect(nextCircuit(circuit, calm, 99_000, settings)).toBe(circuit)
})
test('open, it stays so for a check, whatever is judged of calls that end meanwhile', () => {
  const circuit = given([0, failing])
  expect(nextCircuit(circuit, failing, 29_999, settings)).toBe(circuit)
  expect(nextCircuit(circuit, calm, 30_000, settings)).toMatchObject({ state: 'half_open', sinceMs: 30_000, probesMax: 10, admitShare: 0, episode: circuit.episode })
})

const halfOpen: readonly [number, CircuitFacts][] = [[0, failing], [30_000, calm]]

test('one failed probe opens at once, in the same episode, which is no new trip', () =>
  expect(given(...halfOpen, [30_010, probes({ sent: 3, passed: 2, failed: 1 })])).toMatchObject({ state: 'open', sinceMs: 30_010, episode: 'looker@1.0.0/0', reason: 'ERROR_RATE', trips: 1, probesMax: 0 }))
test('so do three probes of ten that were slow, or the only one', () => {
  expect(given(...halfOpen, [30_010, probes({ sent: 9, passed: 4, slow: 3, lastAtMs: 30_010 })])).toMatchObject({ state: 'open', reason: 'HANDLER_P95' })
  expect(given(...halfOpen, [39_000, probes({ sent: 1, slow: 1, lastAtMs: 30_010 })])).toMatchObject({ state: 'open', reason: 'HANDLER_P95' })
  expect(given(...halfOpen, [30_010, probes({ sent: 10, passed: 8, slow: 2, lastAtMs: 30_010 })])).toMatchObject({ state: 'slow_start' })
})
test('all probes passed: slow start at once', () =>
  expect(given(...halfOpen, [30_010, probes({ sent: 10, passed: 10, lastAtMs: 30_010 })])).toMatchObject({ state: 'slow_start', admitShare: 0.1, sinceMs: 30_010, probesMax: 0 }))
test('fewer are enough when no further one comes for a quarter of a check, and none is under way', () => {
  const some = probes({ sent: 2, passed: 2, lastAtMs: 31_000 })
  expect([given(...halfOpen, [38_499, some]).state, given(...halfOpen, [38_500, some]).state]).toEqual(['half_open', 'slow_start'])
  expect(given(...halfOpen, [38_500, probes({ sent: 3, passed: 2, lastAtMs: 31_000 })]).state).toBe('half_open')
  expect(given(...halfOpen, [38_500, probes({ sent: 3, passed: 2, unjudged: 1, lastAtMs: 31_000 })]).state).toBe('slow_start')
})
test('one that never ends does not hold up those that passed for longer than a check', () =>
  expect(given(...halfOpen, [60_000, probes({ sent: 3, passed: 2, lastAtMs: 59_999 })])).toMatchObject({ state: 'slow_start' }))
test('no probe seen, or none that says anything, for a whole check: half open anew', () => {
  for (const facts of [calm, probes({ sent: 4 }), probes({ sent: 4, unjudged: 4, lastAtMs: 30_001 })]) {
    expect(given(...halfOpen, [59_999, facts])).toMatchObject({ state: 'half_open', sinceMs: 30_000 })
    expect(given(...halfOpen, [60_000, facts])).toMatchObject({ state: 'half_open', sinceMs: 60_000, probesMax: 10 })
  }
})

const slowStart: readonly [number, CircuitFacts][] = [...halfOpen, [31_000, probes({ sent: 10, passed: 10 })]]

test('the share grows by tenths, and then it closes: one recovery', () => {
  const shares = Array.from({ length: 11 }, (_, i) => given(...slowStart, [31_000 + i * 1_000, calm]))
  expect(shares.map(({ state, admitShare }) => `${state} ${admitShare}`)).toEqual([
    ...[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1].map(share => `slow_start ${share}`), 'closed 1'])
  expect(shares.at(-1)).toMatchObject({ trips: 1, recoveries: 1, reason: null, episode: 'looker@1.0.0/0' })
})
test('judged bad in its slow start it opens again, which is no new trip', () =>
  expect(given(...slowStart, [35_000, failing])).toMatchObject({ state: 'open', trips: 1, recoveries: 0, episode: 'looker@1.0.0/0' }))

test('an operator opens it for as long as wanted; then probes decide', () => {
  const open = given([5, ordered('open')])
  expect(open).toMatchObject({ state: 'open', forcedBy: 'ada', reason: 'FORCED', trips: 1, episode: 'looker@1.0.0/5' })
  expect(nextCircuit(open, ordered('open'), 900_000, settings)).toBe(open)
  expect(nextCircuit(open, calm, 900_000, settings)).toBe(open)
  expect(nextCircuit(open, ordered(null), 900_000, settings)).toMatchObject({ state: 'half_open', forcedBy: null, episode: open.episode })
})
test('an operator closes it, whatever is judged; that is no recovery, and then measuring goes on', () => {
  const closed = given([0, failing], [5, { ...failing, order: { state: 'closed', who: 'ada' } }])
  expect(closed).toMatchObject({ state: 'closed', forcedBy: 'ada', reason: 'FORCED', admitShare: 1, trips: 1, recoveries: 0 })
  expect(nextCircuit(closed, { ...failing, order: { state: 'closed', who: 'ada' } }, 50, settings)).toBe(closed)
  const measured = nextCircuit(closed, ordered(null), 50, settings)
  expect(measured).toMatchObject({ state: 'closed', forcedBy: null, reason: null })
  expect(nextCircuit(measured, failing, 60, settings)).toMatchObject({ state: 'open', trips: 2, episode: 'looker@1.0.0/60' })
})
test('an order on what is open already is noted, and begins nothing anew', () =>
  expect(given([0, failing], [9, ordered('open')])).toMatchObject({ state: 'open', sinceMs: 0, episode: 'looker@1.0.0/0', forcedBy: 'ada', trips: 1 }))

test('one alert when an episode begins, one when it ends', () => {
  const alerts = (...steps: readonly [number, CircuitFacts][]) =>
    steps.flatMap((_, i) => alertOf(given(...steps.slice(0, i)), given(...steps.slice(0, i + 1))) ?? [])
  const name = { agent: 'looker', version: '1.0.0' }
  expect(alerts(...halfOpen, [30_010, probes({ sent: 1, failed: 1 })], [60_010, calm], [60_100, probes({ sent: 10, passed: 10 })], [70_100, calm])).toEqual([
    { ...name, alertId: 'looker@1.0.0/0/opened', atMs: 0, kind: 'CIRCUIT_OPENED', message: 'The circuit of looker@1.0.0 opened: 8 of 40 calls failed.' },
    { ...name, alertId: 'looker@1.0.0/0/closed', atMs: 70_100, kind: 'CIRCUIT_CLOSED', message: 'The circuit of looker@1.0.0 closed by itself, 70100 ms after it had opened.' }
  ])
  expect(alerts([5, ordered('closed')])).toEqual([])
  expect(alerts([5, ordered('open')], [7, ordered('closed', 'bob')]).map(({ message }) => message)).toEqual(
    ['The circuit of looker@1.0.0 was opened by ada.', 'The circuit of looker@1.0.0 closed by bob, 2 ms after it had opened.'])
  expect(alerts([5, { ...calm, verdict: 'HANDLER_P95', p95Ms: 261.4 }])[0]!.message).toBe('The circuit of looker@1.0.0 opened: 95 % of its handlers take up to 261 ms, promised are 200 ms (40 calls).')
})

test('blocked calls add up beside the rest', () =>
  expect(withBlocked(withBlocked(given([0, failing]), 3, 10), 4, 20)).toMatchObject({ state: 'open', sinceMs: 0, atMs: 20, trips: 1, callsBlocked: 7 }))

interface Moment {
  readonly elapsedMs: number
  readonly verdict: CircuitFacts['verdict']
  readonly order: CircuitOrder | undefined
  readonly ends: readonly ('sent' | ProbeEnd)[]
}
const moments = fc.array(fc.record<Moment>({
  elapsedMs: fc.oneof(fc.nat(500), fc.nat(40_000)),
  verdict: fc.constantFrom(null, null, 'ERROR_RATE', 'HANDLER_P95'),
  order: fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 20 },
    fc.record({ state: fc.constantFrom('open' as const, 'closed' as const, null), who: fc.constantFrom('ada', 'bob') })
  ),
  ends: fc.array(fc.constantFrom<'sent' | ProbeEnd>('sent', 'sent', 'passed', 'passed', 'slow', 'failed', 'unjudged'), { maxLength: 6 })
}), { maxLength: 60 })

/** All that happened, with the probes kept as the shell keeps them. */
function history (some: readonly Moment[]) {
  let circuit = closedCircuit('looker', '1.0.0', 0)
  let known = noProbes
  let order: CircuitOrder | undefined
  let nowMs = 0
  return some.map(moment => {
    nowMs += moment.elapsedMs
    order = moment.order ?? order
    if (circuit.state === 'half_open') for (const end of moment.ends) known = withProbe(known, end, nowMs)
    const before = circuit
    const seen = known
    circuit = nextCircuit(before, { ...calm, verdict: moment.verdict, order, probes: known }, nowMs, settings)
    if (circuit.state !== before.state || circuit.sinceMs !== before.sinceMs) known = noProbes
    return { before, after: circuit, probes: seen, order, nowMs }
  })
}

test('it never closes without a probe that passed, unless an operator says so', () =>
  fc.assert(fc.property(moments, some => {
    let hasPassed = false
    for (const { before, after, probes, order } of history(some)) {
      if (before.state === 'half_open' && after.state === 'slow_start') {
        expect([probes.passed > 0, probes.failed]).toEqual([true, 0])
        hasPassed = true
      }
      if (before.state !== 'closed' && after.state === 'closed' && order?.state !== 'closed') {
        expect([before.state, hasPassed]).toEqual(['slow_start', true])
      }
      if (after.state === 'open') hasPassed = false
    }
  })))

test('probes are bounded: from one half_open to the next is a check, unless an operator\'s order was taken back', () =>
  fc.assert(fc.property(moments, some => {
    let lastMs = -Infinity
    for (const { before, after, nowMs } of history(some)) {
      if (after.state !== 'half_open' || (before.state === 'half_open' && before.sinceMs === after.sinceMs)) continue
      if (before.forcedBy === null) expect(nowMs - lastMs).toBeGreaterThanOrEqual(settings.checkMs)
      expect(after.probesMax).toBe(settings.probesMax)
      lastMs = nowMs
    }
  })))

test('an operator\'s order holds', () =>
  fc.assert(fc.property(moments, some => {
    for (const { after, order } of history(some)) {
      if (order !== undefined && order.state !== null) expect([after.state, after.forcedBy]).toEqual([order.state, order.who])
    }
  })))

test('no more recoveries than trips; an episode keeps its name; nothing passes an open one; shares grow', () =>
  fc.assert(fc.property(moments, some => {
    for (const { before, after } of history(some)) {
      expect(after.recoveries).toBeLessThanOrEqual(after.trips)
      if (before.state !== 'closed') expect(after.episode).toBe(before.episode)
      if (before.state === 'closed' && after.state !== 'closed') expect(after.trips).toBe(before.trips + 1)
      else expect(after.trips).toBe(before.trips)
      if (after.state === 'open' || after.state === 'half_open') expect(after.admitShare).toBe(0)
      if (after.state === 'closed') expect(after.admitShare).toBe(1)
      if (before.state === 'slow_start' && after.state === 'slow_start') expect(after.admitShare).toBeGreaterThanOrEqual(before.admitShare)
    }
  })))

test('an agent that is well again recovers within a check and its slow start, whatever was before', () =>
  fc.assert(fc.property(moments, some => {
    const before = history(some.map(moment => ({ ...moment, order: undefined }))).at(-1)
    let circuit = before?.after ?? closedCircuit('looker', '1.0.0', 0)
    const fromMs = before?.nowMs ?? 0
    let nowMs = fromMs
    const isOver = () => nowMs - fromMs > settings.checkMs + settings.slowStartMs + 3_000
    while (circuit.state !== 'closed' && !isOver()) {
      nowMs += 250
      const passed = circuit.state === 'half_open' ? { ...noProbes, sent: 10, passed: 10, lastAtMs: nowMs } : noProbes
      circuit = nextCircuit(circuit, { ...calm, probes: passed }, nowMs, settings)
    }
    expect(circuit.state).toBe('closed')
  })))
