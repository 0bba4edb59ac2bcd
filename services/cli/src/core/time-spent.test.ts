import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { timeSpent, totalMs, type Timed } from './time-spent.ts'

const event = (decision: Timed['decision'], atMs: number, facts: Partial<Timed> = {}): Timed =>
  ({ decision, atMs, appendedAtMs: 1_000, outcome: null, reason: null, attempt: 1, agentMs: null, handlerMs: null, ...facts })
const spent = (...events: Timed[]) => timeSpent(events, 9_000).map(({ place, ms, attempt, isOpen }) => [place, ms, attempt, isOpen])

describe('the time of a request', () => {
  test('goes to the topic, the queue, the handler and the way of the answer', () =>
    expect(spent(event('completed', 1_104, { outcome: 'success', agentMs: 90, handlerMs: 60 }), event('delivered', 1_004)))
      .toEqual([['topic', 4, 1, false], ['agent_queue', 30, 1, false], ['handler', 60, 1, false], ['coordinator', 10, 1, false]]))

  test('is not told apart where the handler did not say how long it took', () =>
    expect(spent(event('delivered', 1_004), event('completed', 1_104, { outcome: 'success', agentMs: 90 }))).toEqual([['topic', 4, 1, false], ['agent', 90, 1, false], ['coordinator', 10, 1, false]]))

  test('goes to waiting for its slot, too', () =>
    expect(spent(event('deferred', 1_004), event('released', 1_504), event('timed_out', 2_000, { outcome: 'timeout' })))
      .toEqual([['topic', 4, 1, false], ['deferral', 500, 1, false], ['agent', 496, 1, false]]))

  test('goes to each attempt, and to what lies between', () =>
    expect(spent(
      event('delivered', 1_004), event('retried', 1_050, { handlerMs: 40 }), event('redelivered', 1_150, { attempt: 2 }),
      event('completed', 1_180, { attempt: 2, outcome: 'success', agentMs: 28, handlerMs: 20 })
    )).toEqual([
      ['topic', 4, 1, false], ['agent_queue', 6, 1, false], ['handler', 40, 1, false], ['backoff', 100, 2, false],
      ['agent_queue', 8, 2, false], ['handler', 20, 2, false], ['coordinator', 2, 2, false]
    ]))

  test('that still waits goes on', () => {
    expect(spent(event('delivered', 1_004))).toEqual([['topic', 4, 1, false], ['agent', 7_996, 1, true]])
    expect(spent(event('deferred', 1_004))).toEqual([['topic', 4, 1, false], ['deferral', 7_996, 1, true]])
  })

  test('that was sent again by an operator goes on where it was appended again', () =>
    expect(spent(
      event('delivered', 1_004), event('dead_lettered', 2_004, { outcome: 'dead_lettered' }),
      event('delivered', 5_010, { appendedAtMs: 5_000, reason: 'REDRIVEN' }), event('completed', 5_030, { appendedAtMs: 5_000, outcome: 'success', agentMs: 20, handlerMs: 20 })
    )).toEqual([['topic', 4, 1, false], ['agent', 1_000, 1, false], ['set_aside', 2_996, 1, false], ['topic', 10, 1, false], ['handler', 20, 1, false]]))

  test('is not moved by repeats, progress, restating, or another content under its id', () =>
    expect(spent(
      event('delivered', 1_004), event('repeated', 1_010), event('restated', 1_020), event('progressed', 1_030), event('refused', 1_040, { outcome: 'refused', reason: 'DUPLICATE_CONFLICT' }),
      event('cancelled', 1_050, { outcome: 'cancelled' })
    )).toEqual([['topic', 4, 1, false], ['agent', 46, 1, false]]))

  test('that was refused went to the topic alone; without a decision there is none', () => {
    expect(spent(event('refused', 1_004, { outcome: 'refused', reason: 'UNKNOWN_CAPABILITY' }))).toEqual([['topic', 4, 1, false]])
    expect(spent()).toEqual([])
  })
})

const decisions = ['delivered', 'deferred', 'released', 'retried', 'redelivered', 'completed', 'timed_out', 'refused', 'cancelled', 'dead_lettered', 'progressed'] as const
const anyEvent = fc.record({
  decision: fc.constantFrom(...decisions), atMs: fc.nat(10_000), appendedAtMs: fc.nat(10_000), outcome: fc.option(fc.constant('success'), { freq: 2 }), reason: fc.constant(null),
  attempt: fc.integer({ min: 0, max: 5 }), agentMs: fc.option(fc.nat(20_000)), handlerMs: fc.option(fc.nat(20_000))
})

test('whatever the data, no piece is negative and together they are the whole', () =>
  fc.assert(fc.property(fc.array(anyEvent, { maxLength: 20 }), events => {
    const nowMs = 20_000
    const pieces = timeSpent(events, nowMs)
    expect(pieces.every(({ ms }) => ms >= 0)).toBe(true)
    const moved = events.filter(({ decision }) => decision !== 'progressed').sort((a, b) => a.atMs - b.atMs)
    if (moved.length === 0) return expect(pieces).toEqual([])
    const isOpen = pieces.at(-1)?.isOpen === true
    const firstMs = Math.min(...moved.filter(({ atMs }) => atMs === moved[0]!.atMs).map(({ appendedAtMs, atMs }) => Math.min(appendedAtMs, atMs)))
    const endMs = isOpen ? nowMs : moved.at(-1)!.atMs
    expect(totalMs(pieces)).toBeLessThanOrEqual(endMs - firstMs)
    // Several decisions at the very first instant may come in either order.
    if (moved.filter(({ atMs }) => atMs === moved[0]!.atMs).length === 1) expect(totalMs(pieces)).toBe(endMs - firstMs)
  })))
