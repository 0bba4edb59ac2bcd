import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Seen, SeenWindow } from './seen-window.ts'

const base = 1_000_000_000_000
const entry = (id: string, sinceBaseMs: number, offset: number, lane = 0): Seen =>
  ({ id, lane, appendedAtMs: base + sinceBaseMs, offset, ingressOffset: offset, fingerprint: id, outcome: null, priority: 0, waits: undefined })

test('an id is remembered until its lane has moved on by a window', () => {
  const window = new SeenWindow(1, { windowMs: 1_000, recordsMax: 1_000 })
  for (const [id, ms] of [['a', 0], ['b', 500], ['c', 1_200], ['d', 2_000]] as const) window.put(entry(id, ms, ms))
  window.forgetOld(2_001)
  expect(['a', 'b', 'c', 'd'].map(id => window.get(id) !== undefined)).toEqual([false, true, true, true])
})

test('what was issued no later than the oldest remembered id may be a forgotten one, so it is stale', () => {
  const window = new SeenWindow(1, { windowMs: 1_000, recordsMax: 1_000_000 })
  for (const [id, ms] of [['a', 0], ['b', 10_000], ['c', 20_000], ['d', 30_000]] as const) window.put(entry(id, ms, ms))
  expect(window.isStale(0, base)).toBe(false)
  window.forgetOld(30_001)
  expect(window.get('b')).toBeUndefined()
  expect(window.isStale(0, base + 10_000)).toBe(true)
  expect(window.isStale(0, base + 29_000)).toBe(false)
})

test('a quiet lane keeps its newest id, and asks for it to be written again when it lies too far back', () => {
  const window = new SeenWindow(2, { windowMs: 1_000, recordsMax: 10 })
  window.put(entry('quiet', 0, 0, 1))
  for (let i = 0; i < 30; i++) window.put(entry(`busy${i}`, i, i + 1, 0))
  window.forgetOld(31)
  expect(window.get('quiet')).toBeDefined()
  expect(window.toRestate(31).map(seen => seen.id)).toEqual(['quiet'])
  window.put(entry('quiet', 0, 31, 1))
  expect(window.lowestOffset()).toBeGreaterThanOrEqual(20)
})

test('property: whatever is put and forgotten, an id that was let through is either remembered or its replay is stale', () => {
  fc.assert(fc.property(
    fc.array(fc.record({ gapMs: fc.nat(5_000), lane: fc.nat(1), issuedAgoMs: fc.integer({ min: -2_000, max: 3_000 }) }), { maxLength: 120 }),
    steps => {
      const window = new SeenWindow(2, { windowMs: 10_000, recordsMax: 20 })
      const letThrough: { id: string, lane: number, issuedAtMs: number }[] = []
      let nowMs = 100_000
      steps.forEach(({ gapMs, lane, issuedAgoMs }, offset) => {
        nowMs += gapMs
        const issuedAtMs = nowMs - issuedAgoMs
        if (!window.isStale(lane, base + issuedAtMs)) {
          window.put(entry(`id${offset}`, nowMs, offset, lane))
          letThrough.push({ id: `id${offset}`, lane, issuedAtMs })
        }
        window.forgetOld(offset + 1)
        for (const old of letThrough) expect(window.get(old.id) !== undefined || window.isStale(old.lane, base + old.issuedAtMs)).toBe(true)
      })
    }))
})
