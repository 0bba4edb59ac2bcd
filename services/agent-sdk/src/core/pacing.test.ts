import { describe, expect, test } from '@jest/globals'
import { TakePolicy } from '@mesh/runtime'
import fc from 'fast-check'
import { paceEndMarginMs, Pacer, pauseMsMax } from './pacing.ts'

const pacer = (waitingMax = 100): Pacer<string> => new Pacer<string>(new TakePolicy(), waitingMax)
const told = { ratePerS: 10, clearsInMs: 60_000 }
/** When each item that waits goes, asked at each millisecond. */
function leaves (pacing: Pacer<string>, fromMs: number, toMs: number): [string, number][] {
  const left: [string, number][] = []
  for (let nowMs = fromMs; nowMs <= toMs; nowMs++) {
    for (let item = pacing.next(nowMs); item !== undefined; item = pacing.next(nowMs)) left.push([item, nowMs])
  }
  return left
}

describe('pacing', () => {
  test('what isn\'t slowed goes', () => {
    const pacing = pacer()
    expect(Array.from({ length: 5 }, (_, index) => pacing.admit(`${index}`, 2, 0))).toEqual(Array(5).fill('go'))
    expect(pacing.nextAtMs()).toBeUndefined()
  })

  test('slowed down, items go one by one at half of the rate (P1)', () => {
    const pacing = pacer()
    pacing.slowDown(told, 1, 0)
    expect(['a', 'b', 'c'].map(item => pacing.admit(item, 2, 0))).toEqual(['waits', 'waits', 'waits'])
    expect(pacing.nextAtMs()).toBe(200)
    expect(leaves(pacing, 0, 1_000)).toEqual([['a', 200], ['b', 400], ['c', 600]])
  })

  test('one that comes after a pause goes at once, the next one waits (P1)', () => {
    const pacing = pacer()
    pacing.slowDown(told, 1, 0)
    expect([pacing.admit('a', 2, 5_000), pacing.admit('b', 2, 5_000)]).toEqual(['go', 'waits'])
    expect(pacing.nextAtMs()).toBe(5_200)
  })

  test('instances that are known share the rate (P1)', () => {
    const pacing = pacer()
    pacing.slowDown(told, 4, 0)
    pacing.admit('a', 2, 0)
    expect(pacing.nextAtMs()).toBe(800)
  })

  test('a rate near nothing is still a pace', () => {
    const pacing = pacer()
    pacing.slowDown({ ratePerS: 1e-9, clearsInMs: 1e9 }, 1, 0)
    pacing.admit('a', 2, 0)
    expect(pacing.nextAtMs()).toBe(pauseMsMax)
  })

  test('cleared, all that waits goes (P3)', () => {
    const pacing = pacer()
    pacing.slowDown(told, 1, 0)
    for (const item of ['a', 'b', 'c']) pacing.admit(item, 2, 0)
    pacing.end()
    expect(leaves(pacing, 10, 10)).toEqual([['a', 10], ['b', 10], ['c', 10]])
    expect(pacing.admit('d', 2, 11)).toBe('go')
  })

  test('where nobody says that it is cleared, it ends when it should be, and a while later (P3)', () => {
    const pacing = pacer()
    pacing.slowDown({ ratePerS: 0.2, clearsInMs: 1_000 }, 1, 0)
    pacing.admit('a', 2, 0)
    const endsAtMs = 2_000 + paceEndMarginMs
    expect([pacing.isSlowed(endsAtMs - 1), pacing.isSlowed(endsAtMs)]).toEqual([true, false])
    expect(pacing.nextAtMs()).toBe(endsAtMs)
    expect(leaves(pacing, endsAtMs, endsAtMs)).toEqual([['a', endsAtMs]])
  })

  test('one more than may wait is refused (P4)', () => {
    const pacing = pacer(2)
    pacing.slowDown(told, 1, 0)
    expect(['a', 'b', 'c'].map(item => pacing.admit(item, 2, 0))).toEqual(['waits', 'waits', 'full'])
    expect(pacing.waiting).toBe(2)
  })

  test('a turn that was for nothing is given back', () => {
    const pacing = pacer()
    pacing.slowDown(told, 1, 0)
    for (const item of ['a', 'b']) pacing.admit(item, 2, 0)
    expect(pacing.next(200)).toBe('a')
    pacing.giveBack(200)
    expect(pacing.next(200)).toBe('b')
  })

  test('urgent classes go before others, which are not forgotten (P2)', () => {
    const pacing = pacer()
    pacing.slowDown({ ratePerS: 1_000, clearsInMs: 60_000 }, 1, 0)
    for (let index = 0; index < 14; index++) for (const priority of [1, 3]) pacing.admit(`p${priority}`, priority, 0)
    const order = leaves(pacing, 0, 100).map(([item]) => item)
    expect(order[0]).toBe('p1')
    expect(order.slice(0, 15)).toContain('p3')
    expect(order.slice(0, 10).filter(item => item === 'p1').length).toBeGreaterThan(5)
  })

  test('however slowed and cleared: each item goes once, in the order of its class, and never two within a pause (P1, P2)', () => {
    const step = fc.oneof(
      fc.record({ does: fc.constant('send' as const), priority: fc.integer({ min: 1, max: 3 }), afterMs: fc.nat(300) }),
      fc.record({ does: fc.constant('slow' as const), ratePerS: fc.double({ min: 1, max: 100, noNaN: true }), afterMs: fc.nat(300) }),
      fc.record({ does: fc.constant('clear' as const), afterMs: fc.nat(300) })
    )
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const pacing = pacer()
      const sent: string[] = []
      const gone: string[] = []
      let nowMs = 0
      let pauseMs = 0
      let lastMs = -Infinity
      const went = (item: string): void => {
        gone.push(item)
        if (pacing.isSlowed(nowMs)) expect(nowMs - lastMs).toBeGreaterThanOrEqual(pauseMs - 1e-6)
        lastMs = nowMs
      }
      const drain = (untilMs: number): void => {
        for (let nextAtMs = pacing.nextAtMs(); nextAtMs !== undefined && nextAtMs <= untilMs; nextAtMs = pacing.nextAtMs()) {
          nowMs = Math.max(nowMs, nextAtMs)
          went(pacing.next(nowMs)!)
        }
        nowMs = untilMs
      }
      for (const [index, event] of steps.entries()) {
        drain(nowMs + event.afterMs)
        if (event.does === 'clear') pacing.end()
        if (event.does === 'slow') {
          pacing.slowDown({ ratePerS: event.ratePerS, clearsInMs: 1_000 }, 1, nowMs)
          // The pause counts from the signal on.
          pauseMs = 1_000 / (event.ratePerS / 2)
          lastMs = nowMs
        }
        if (event.does === 'send') {
          sent.push(`p${event.priority} ${index}`)
          if (pacing.admit(`p${event.priority} ${index}`, event.priority, nowMs) === 'go') went(`p${event.priority} ${index}`)
        }
      }
      drain(nowMs + 1_000_000)
      const byClass = (items: string[]): Partial<Record<string, string[]>> => Object.groupBy(items, item => item.split(' ')[0]!)
      expect(byClass(gone)).toEqual(byClass(sent))
    }))
  })
})
