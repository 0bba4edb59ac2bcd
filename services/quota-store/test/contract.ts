// What holds for every quota store, whatever it counts in. Time is the store's own and goes on while a test runs, so that
// intervals are long and bounds are one-sided where it matters.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { QuotaLimits, QuotaStore, SlotAnswer, SlotRequest } from '@mesh/quota-store'

export const limits: QuotaLimits = { quotaId: 'role/bot', ratePerS: 2, burst: 4, outstandingMax: 5 }
export const requests = (first: number, count: number, more: Partial<SlotRequest> = {}): SlotRequest[] =>
  Array.from({ length: count }, (_, i) => ({ lane: 1, offset: first + i, source: 'a', isUrgent: false, limits, delayMsMax: null, ...more }))
export const delays = (answers: readonly SlotAnswer[]): (number | string)[] =>
  answers.map(answer => answer.outcome === 'granted' ? answer.delayMs : answer.reason)
export const atOnce = (answers: readonly SlotAnswer[]): number => answers.filter(answer => answer.outcome === 'granted' && answer.delayMs === 0).length
export const episodes = (answers: readonly SlotAnswer[]): string[] =>
  answers.flatMap(answer => answer.outcome === 'granted' && answer.episode !== null ? [answer.episode] : [])

export interface Started {
  readonly store: QuotaStore
  /** Returns when the store's time has gone on by this much. */
  readonly passMs: (ms: number) => Promise<void>
}

/** `start` makes a store whose sources have had time to fill their bursts. */
export function quotaStoreContract (name: string, start: () => Promise<Started>): void {
  describe(`${name} holds the contract of quota stores`, () => {
    let store: QuotaStore
    let passMs: Started['passMs']
    beforeEach(async () => { ({ store, passMs } = await start()) })
    afterEach(() => store.close())

    test('a burst at once, then one slot each interval, then a refusal with the time to wait', async () => {
      const answers = await store.reserve(0, 1, requests(0, 10))
      expect(delays(answers)).toEqual([0, 0, 0, 0, 500, 1_000, 1_500, 2_000, 2_500, 'backlog'])
      expect(answers.at(-1)).toEqual({ outcome: 'refused', reason: 'backlog', retryAfterMs: 500, backlogRecords: 5, isLocal: false })
      expect(answers[8]).toMatchObject({ backlogRecords: 5, clearsInMs: 3_750 })
    })

    test('nothing asked, nothing answered', async () => expect(await store.reserve(0, 1, [])).toEqual([]))

    test('a slot that would be too late is refused and left to the next one', async () => {
      await store.reserve(0, 1, requests(0, 4))
      const [late, ...others] = await store.reserve(0, 1, [...requests(4, 1, { delayMsMax: 20 }), ...requests(5, 2)])
      expect(late).toMatchObject({ outcome: 'refused', reason: 'deadline' })
      const [first, second] = delays(others) as number[]
      expect(first).toBeLessThanOrEqual(500)
      expect(second! - first!).toBeCloseTo(500, 6)
    })

    test('a position asked again has the same slot, that much sooner, and the same episode; nothing more is spent', async () => {
      const first = await store.reserve(0, 1, requests(0, 7))
      await passMs(30)
      const again = await store.reserve(0, 2, requests(2, 6))
      expect(episodes(again)).toEqual(episodes(first))
      expect(delays(again).slice(0, 2)).toEqual([0, 0])
      for (const i of [4, 5, 6]) expect(delays(again)[i - 2]).toBeLessThanOrEqual(delays(first)[i] as number - 30)
      const [before, next] = delays(again).slice(-2) as number[]
      expect(next! - before!).toBeCloseTo(500, 6)
    })

    test('lanes and tasks have positions of their own', async () => {
      const lanes = await store.reserve(0, 1, [...requests(0, 1, { lane: 1 }), ...requests(0, 1, { lane: 3 })])
      const task = await store.reserve(1, 1, requests(0, 3))
      expect(delays(lanes)).toEqual([0, 0])
      expect(atOnce(task)).toBe(2)
    })

    test('an earlier owner is refused, and what it asked for isn\'t spent', async () => {
      await store.reserve(0, 7, requests(0, 1))
      await expect(store.reserve(0, 6, requests(1, 3))).rejects.toMatchObject({ code: 'FENCED', retriable: true })
      expect(atOnce(await store.reserve(0, 7, requests(1, 4)))).toBe(3)
    })

    test('one source doesn\'t wait for another, nor P0 for the rest of its own', async () => {
      await store.reserve(0, 1, requests(0, 10))
      expect(delays(await store.reserve(0, 1, [...requests(10, 1, { source: 'b' }), ...requests(11, 1, { isUrgent: true })]))).toEqual([0, 0])
    })

    test('P0 has four fifths of rate and burst, and the rest is charged for it', async () => {
      const answers = await store.reserve(0, 1, [...requests(0, 5, { isUrgent: true }), ...requests(5, 2)])
      expect(delays(answers)).toEqual([0, 0, 0, 500, 1_125, 0, 1_500])
    })

    test('one episode is told, until it is over; then it is closed, and the next may come', async () => {
      const quick = { ...limits, ratePerS: 20 }
      const opened = episodes(await store.reserve(0, 1, requests(0, 6, { limits: quick })))
      expect(opened.length).toBe(1)
      expect(episodes(await store.reserve(0, 1, requests(6, 1, { limits: quick })))).toEqual([])
      const open = await store.episode('a', opened[0]!, quick)
      expect(open.isCleared).toBe(false)
      expect(open.clearsInMs).toBeGreaterThan(0)
      await passMs(open.clearsInMs)
      expect(await store.episode('a', opened[0]!, quick)).toEqual({ isCleared: true, clearsInMs: 0 })
      expect(await store.episode('a', opened[0]!, quick)).toEqual({ isCleared: true, clearsInMs: 0 })
      const next = episodes(await store.reserve(0, 1, requests(7, 6, { limits: quick })))
      expect(next.length).toBe(1)
      expect(next).not.toEqual(opened)
    })

    test('an episode of a source that nothing is known of is over', async () => {
      expect(await store.episode('nobody', '1', limits)).toEqual({ isCleared: true, clearsInMs: 0 })
    })

    test('limits may change between rounds: what is reserved stays, the next comes behind it', async () => {
      const startedMs = performance.now()
      await store.reserve(0, 1, requests(0, 6))
      const [delayMs] = delays(await store.reserve(0, 1, requests(6, 1, { limits: { ...limits, ratePerS: 1_000, burst: 1_000, outstandingMax: 10_000 } })))
      // What has passed since is no longer waited for.
      expect(Number(delayMs) + performance.now() - startedMs).toBeGreaterThan(1_000)
      expect(delayMs).toBeLessThanOrEqual(1_500)
    })

    test('what is used is told of each source', async () => {
      await store.reserve(0, 1, [...requests(0, 2), ...requests(2, 6, { source: 'b' })])
      const usage = (await store.usage()).toSorted((one, other) => one.source < other.source ? -1 : 1)
      expect(usage).toMatchObject([
        { source: 'a', usedRecords: 2, backlogRecords: 0, hasEpisode: false },
        { source: 'b', usedRecords: 4, backlogRecords: 2, hasEpisode: true }
      ])
      expect(usage[1]!.clearsInMs).toBeGreaterThan(1_000)
      expect(store.problem()).toBeUndefined()
    })
  })
}
