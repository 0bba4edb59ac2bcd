import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { auditEvent } from './audit-event.fixture.ts'
import { comparePlaces, earliest, placeOf, replayKey, seamOf, seamSkewMs } from './replay-order.ts'

const hourMs = 3_600_000
const range = { fromMs: 1_000 * hourMs, toMs: 1_100 * hourMs }
const never = { nowMs: range.toMs, lagMs: null }

describe('the seam', () => {
  test('is the beginning where the topic has everything', () => expect(seamOf([{ isCut: false, firstAtMs: null }], range, never)).toBe(range.fromMs))
  test('is behind what the topic has lost, by what clocks may differ', () =>
    expect(seamOf([{ isCut: true, firstAtMs: 1_050 * hourMs }, { isCut: true, firstAtMs: 1_020 * hourMs }], range, never)).toBe(1_050 * hourMs + seamSkewMs))
  test('is the end where a partition has nothing left', () => expect(seamOf([{ isCut: true, firstAtMs: null }], range, never)).toBe(range.toMs))
  test('is half the lag of compaction ago, so that nothing is compacted meanwhile', () =>
    expect(seamOf([{ isCut: false, firstAtMs: null }], range, { nowMs: range.toMs, lagMs: 48 * hourMs })).toBe(1_076 * hourMs))
  test('lies in the range, whatever is held', () => {
    const held = fc.array(fc.record({ isCut: fc.boolean(), firstAtMs: fc.option(fc.integer({ min: 0, max: 2_000 * hourMs })) }))
    fc.assert(fc.property(held, fc.option(fc.nat(99 * hourMs)), (partitions, lagMs) => {
      const seamMs = seamOf(partitions, range, { nowMs: range.toMs + hourMs, lagMs })
      expect(seamMs).toBeGreaterThanOrEqual(range.fromMs)
      expect(seamMs).toBeLessThanOrEqual(range.toMs)
    }))
  })
})

describe('the order', () => {
  const ingress = { topic: 'mesh.dispatch.p1', partition: 0, offset: 4 }
  const admission = { ...auditEvent({}), atMs: 5, eventId: 'mesh.dispatch.p1/0/4', decision: 'deferred' as const, ingress }
  const released = { ...admission, eventId: 'mesh.dispatch.p1/0/4/released', decision: 'released' as const }
  const completed = { ...admission, eventId: 'mesh.dispatch.p0/0/1/outcome', decision: 'completed' as const }
  const lettered = { ...admission, eventId: 'mesh.dispatch.p0/0/1/dead-letter', decision: 'dead_lettered' as const }

  test('of one millisecond is that of the decisions, whatever the ids', () => {
    const some = [lettered, completed, admission, released]
    expect(some.sort((a, b) => comparePlaces(placeOf(a), placeOf(b)))).toEqual([admission, released, completed, lettered])
  })

  test('of several partitions is by time, and each keeps its own', () => {
    const streams = fc.array(fc.array(fc.nat(50)).map(times => times.sort((a, b) => a - b)), { maxLength: 5 })
    fc.assert(fc.property(streams, times => {
      const left = times.map((some, stream) => some.map((atMs, index) => ({ ...admission, atMs, eventId: `${stream}/${index}` })))
      const told = []
      for (let next = earliest(left.map(([head]) => head)); next !== undefined; next = earliest(left.map(([head]) => head))) told.push(left[next]!.shift()!)
      expect(told.map(({ atMs }) => atMs)).toEqual(times.flat().sort((a, b) => a - b))
      for (const [stream, some] of times.entries()) expect(told.filter(({ eventId }) => eventId.startsWith(`${stream}/`)).map(({ eventId }) => eventId)).toEqual(some.map((_, index) => `${stream}/${index}`))
    }))
  })
})

test('the key is the dispatch\'s, or the position\'s where there is none', () => {
  expect(replayKey({ workflowId: 'w', dispatchId: 'd', eventId: 'e' })).toBe('w/d')
  expect(replayKey({ workflowId: null, dispatchId: null, eventId: 'e' })).toBe('position/e')
})
