import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { catchUpOf, goesOnAtMs } from './catch-up.ts'
import { DeferredQueue } from './deferred-queue.ts'
import { type DeferredFacts, deferralKey, ingressOf, keyOfIngress, orderOf } from './deferred-table.ts'

const facts = (offset: number, change: Partial<DeferredFacts> = {}): DeferredFacts => ({
  offset, dueMs: offset, deadlineMs: Infinity, priority: 3, lane: 3, ingressOffset: offset, source: 's', target: 't', workflowId: `w${offset}`, ...change
})
const nothingHeld = () => false

function released (queue: DeferredQueue, nowMs: number, isHeld = nothingHeld as (target: string, priority: number) => boolean, rowsMax = 10): number[] {
  queue.schedule(nowMs, isHeld)
  const rows = queue.due(nowMs, rowsMax)
  const offsets = rows.map(row => queue.offsetOf(row))
  for (const row of rows) queue.remove(row)
  return offsets
}

describe('what may go on', () => {
  test('goes on when it is due, soonest first', () => {
    const queue = new DeferredQueue()
    queue.put(facts(1, { dueMs: 30 }))
    queue.put(facts(2, { dueMs: 10 }))
    expect(queue.nextDueMs()).toBe(10)
    expect(released(queue, 9)).toEqual([])
    expect(released(queue, 30)).toEqual([2, 1])
    expect(queue.size).toBe(0)
    expect(queue.lowestOffset()).toBe(Infinity)
  })

  test('keeps its order in a workflow, whatever the due times say', () => {
    const queue = new DeferredQueue()
    queue.put(facts(1, { dueMs: 30, workflowId: 'w' }))
    queue.put(facts(2, { dueMs: 10, workflowId: 'w' }))
    expect(queue.waiting(orderOf('s', 'w', 3))).toMatchObject({ count: 2, lastDueMs: 30 })
    expect(released(queue, 20)).toEqual([])
    expect(released(queue, 30)).toEqual([1, 2])
  })

  test('what is held is parked and comes back; its deadline still counts', () => {
    const queue = new DeferredQueue()
    const isHeld = (target: string) => target === 'paused'
    for (let i = 1; i <= 3; i++) queue.put(facts(i, { target: 'paused' }))
    queue.put(facts(4, { target: 'paused', deadlineMs: 100 }))
    queue.put(facts(5, { target: 'free' }))
    expect(released(queue, 50, isHeld)).toEqual([5])
    expect(queue.parkedCount).toBe(4)
    expect(queue.nextDueMs()).toBeUndefined()
    expect(released(queue, 100, isHeld)).toEqual([4])
    expect(released(queue, 101)).toEqual([1, 2, 3])
  })

  test('one source that was held up makes no other late', () => {
    const queue = new DeferredQueue()
    for (let i = 0; i < 100; i++) queue.put(facts(i, { dueMs: i * 100 }))
    queue.put(facts(100, { source: 'other', dueMs: 20_050 }))
    queue.schedule(20_000, nothingHeld)
    expect(queue.due(20_000, 200).length).toBeLessThan(3)
    expect(released(queue, 20_050)).toContain(100)
  })
})

test('keys and ingress numbers say the same', () => {
  expect(keyOfIngress(3 * 2 ** 50 + 12_345)).toBe(deferralKey(3, 12_345))
})

test('property: whatever is put, held, released and restored, each goes on once, in order, and none is left', () => {
  const step = fc.record({
    kind: fc.constantFrom('put', 'put', 'release', 'restart', 'hold', 'free', 'withdraw'), source: fc.constantFrom('a', 'b'), workflow: fc.constantFrom('v', 'w'),
    target: fc.constantFrom('x', 'y'), delayMs: fc.nat(500), gapMs: fc.nat(300), which: fc.nat()
  })
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), steps => {
    let nowMs = 1_000
    const log: (DeferredFacts | string)[] = []
    const done: DeferredFacts[] = []
    const withdrawn: DeferredFacts[] = []
    const all: DeferredFacts[] = []
    let held = ''
    let queue = new DeferredQueue()
    queue.restored()
    const release = (rowsMax: number) => {
      for (const offset of released(queue, nowMs, target => target === held, rowsMax)) {
        const one = all.find(each => each.offset === offset)!
        expect(one.dueMs).toBeLessThanOrEqual(nowMs)
        expect(one.target).not.toBe(held)
        done.push(one)
        log.push(deferralKey(3, one.ingressOffset))
      }
    }
    for (const { kind, source, workflow, target, delayMs, gapMs, which } of steps) {
      nowMs += gapMs
      if (kind === 'put') {
        const one = facts(log.length, { source, workflowId: workflow, target, dueMs: nowMs + delayMs })
        queue.put(one)
        log.push(one)
        all.push(one)
      }
      if (kind === 'release') release(3)
      if (kind === 'hold') held = target
      if (kind === 'free') held = ''
      if (kind === 'restart') {
        queue = new DeferredQueue()
        for (const entry of log) {
          if (typeof entry === 'string') queue.forget(entry)
          else queue.put(entry)
        }
        queue.restored()
      }
      const waits = (one: DeferredFacts) => !done.includes(one) && !withdrawn.includes(one)
      if (kind === 'withdraw' && all.some(waits)) {
        const one = all.filter(waits)[which % all.filter(waits).length]!
        queue.remove(queue.find(orderOf(one.source, one.workflowId, 3), ingressOf(3, one.ingressOffset))!)
        withdrawn.push(one)
        log.push(deferralKey(3, one.ingressOffset))
      }
      const waiting = all.filter(waits)
      expect(queue.size).toBe(waiting.length)
      expect(queue.lowestOffset()).toBe(Math.min(Infinity, ...waiting.map(one => one.offset)))
    }
    held = ''
    for (let rounds = 0; queue.size > 0 && rounds < 1_000; rounds++) {
      nowMs += 500
      release(10)
    }
    expect(new Set(done).size).toBe(done.length)
    expect(done).toHaveLength(all.length - withdrawn.length)
    for (const order of new Set(all.map(one => orderOf(one.source, one.workflowId, 3)))) {
      const offsets = done.filter(one => orderOf(one.source, one.workflowId, 3) === order).map(one => one.offset)
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b))
    }
  }), { numRuns: 300 })
})

test('property: catching up keeps order, is never early, and ends', () => {
  fc.assert(fc.property(fc.array(fc.nat(100_000), { minLength: 2 }), fc.integer({ min: 101_001, max: 200_000 }), (dues, nowMs) => {
    const sorted = dues.sort((a, b) => a - b)
    const catchUp = catchUpOf(undefined, sorted[0]!, nowMs)
    const times = sorted.map(due => goesOnAtMs(due, catchUp))
    expect(times).toEqual([...times].sort((a, b) => a - b))
    sorted.forEach((due, i) => expect(times[i]).toBeGreaterThanOrEqual(due))
    expect(goesOnAtMs(sorted[0]!, catchUp)).toBe(nowMs)
    const endMs = nowMs + (nowMs - sorted[0]!)
    expect(goesOnAtMs(endMs + 1, catchUp)).toBe(endMs + 1)
  }))
})

/** When each goes on, looked at as often as rounds do. */
function goneAtMs (
  queue: DeferredQueue, fromMs: number, untilMs: number, isHeld = nothingHeld as (target: string, priority: number) => boolean
): Map<number, number> {
  const gone = new Map<number, number>()
  for (let nowMs = fromMs; nowMs <= untilMs && queue.size > 0; nowMs += 20) {
    if ((queue.nextDueMs() ?? Infinity) <= nowMs) for (const offset of released(queue, nowMs, isHeld)) gone.set(offset, nowMs)
  }
  return gone
}

test('what is due after an outage of minutes isn\'t late by minutes because a few were due as it began', () => {
  const queue = new DeferredQueue()
  for (let i = 0; i < 5; i++) queue.put(facts(i, { dueMs: i * 100 }))
  const backMs = 168_000
  queue.schedule(backMs, nothingHeld)
  for (let i = 0; i < 20; i++) queue.put(facts(10 + i, { dueMs: backMs + i * 100 }))
  const gone = goneAtMs(queue, backMs, backMs + 60_000)
  expect(gone.size).toBe(25)
  for (let i = 0; i < 20; i++) expect(gone.get(10 + i)! - (backMs + i * 100)).toBeLessThanOrEqual(1_000)
})

test('what waited a while apart is spread, too: not all at once when the outage is over', () => {
  const queue = new DeferredQueue()
  for (let i = 0; i < 20; i++) queue.put(facts(i, { dueMs: i * 5_000 }))
  const backMs = 200_000
  queue.schedule(backMs, nothingHeld)
  const times = [...goneAtMs(queue, backMs, backMs + 60_000).values()]
  expect(times).toHaveLength(20)
  for (const [i, time] of times.slice(1).entries()) expect(time - times[i]!).toBeGreaterThanOrEqual(480)
  expect(times.at(-1)! - backMs).toBeLessThanOrEqual(10_500)
})

test('nor does what is parked hold up what became due after it', () => {
  const queue = new DeferredQueue()
  for (let i = 0; i < 5; i++) queue.put(facts(i, { dueMs: i * 100, target: 'paused' }))
  const backMs = 168_000
  const isHeld = (target: string) => target === 'paused'
  queue.schedule(backMs, isHeld)
  queue.put(facts(10, { dueMs: backMs }))
  expect(goneAtMs(queue, backMs, backMs + 3_000, isHeld).get(10)).toBeLessThanOrEqual(backMs + 1_000)
})

test('a source with a hundred thousand waiting makes no other late', () => {
  const queue = new DeferredQueue()
  for (let i = 0; i < 100_000; i++) queue.put(facts(i, { dueMs: 1e12 + i, workflowId: `w${i % 1_000}` }))
  queue.put(facts(100_000, { source: 'other', dueMs: 1e12 - 100 }))
  queue.schedule(1e12 - 100, nothingHeld)
  expect(queue.due(1e12 - 100, 200).map(row => queue.offsetOf(row))).toEqual([100_000])
})
