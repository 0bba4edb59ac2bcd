// The script in Redis and the pure core decide the same, number by number: random rounds go through both, the core on the
// times that Redis said.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { SlotRequest } from '@mesh/quota-store'
import { Ledger, answerOf } from '../src/core/ledger.ts'
import { readSlots, readState, reserveCall } from '../src/reserve-call.ts'
import { loadScript } from '../src/redis-link.ts'
import { type PrivateRedis, startPrivateRedis } from '@mesh/local-stack/private-redis'
import { randomNamespace } from './redis-ground.ts'

let redis: PrivateRedis
beforeAll(async () => { redis = await startPrivateRedis() })
afterAll(() => redis.close())

const script = loadScript('reserve.lua')
const limits = fc.record({
  quotaId: fc.constant('role/bot'), outstandingMax: fc.integer({ min: 0, max: 40 }),
  ratePerS: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.double({ min: 0.001, max: 5_000, noNaN: true })),
  burst: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.double({ min: 1, max: 20, noNaN: true }))
})
const asked = fc.record({
  lane: fc.integer({ min: 0, max: 3 }), back: fc.integer({ min: 0, max: 3 }), source: fc.constantFrom('a', 'b', 'ü', 'd-4'), isUrgent: fc.boolean(),
  delayMsMax: fc.option(fc.double({ min: 0, max: 3_000, noNaN: true })), behindMs: fc.constantFrom(0, 0, 0, 900, 4_000)
})
/** What a round asks, with limits that may have changed since, and an owner that may be an earlier one. */
const rounds = fc.array(fc.record({
  owner: fc.integer({ min: 1, max: 3 }), task: fc.integer({ min: 0, max: 1 }),
  limits: fc.array(limits, { minLength: 4, maxLength: 4 }), asked: fc.array(asked, { maxLength: 20 })
}), { minLength: 1, maxLength: 12 })

test('random rounds, asked again in part, of earlier owners, of limits that change: the same answers and the same states', async () => {
  let compared = 0
  await fc.assert(fc.asyncProperty(rounds, fc.boolean(), async (all, isStable) => {
    const prefix = `${randomNamespace()}:quota:`
    const ledger = new Ledger()
    const next = [0, 0, 0, 0]
    const sources = ['a', 'b', 'ü', 'd-4']
    for (const round of all) {
      const requests = round.asked.map(({ back, ...one }): SlotRequest =>
        ({ ...one, offset: Math.max(0, next[one.lane]!++ - back), limits: (isStable ? all[0]! : round).limits[sources.indexOf(one.source)]! }))
      if (requests.length === 0) continue
      const call = reserveCall(round.owner, requests)
      const keys = [`${prefix}epoch`, `${prefix}task:${round.task}`, `${prefix}source`, ...call.sources.map(source => `${prefix}source:${source}`)]
      const answer = await (redis.client.callBuffer('EVAL', script.text, keys.length, ...keys, call.packed) as Promise<Buffer>).catch((error: Error) => error)
      if (answer instanceof Error) {
        expect(answer.message).toMatch(/^FENCED/)
        expect(ledger.reserve(round.task, round.owner, requests, 0)).toBe('fenced')
        continue
      }
      const { nowUs, slots } = readSlots(answer)
      expect(slots.map(slot => answerOf(slot, nowUs, false))).toEqual(ledger.reserve(round.task, round.owner, requests, nowUs))
      compared += slots.length
    }
    for (const source of sources) {
      const state = await redis.client.getBuffer(`${prefix}source:${source}`)
      expect(state === null ? undefined : readState(state)).toEqual(ledger.stateOf(source))
    }
  }), { numRuns: 300 })
  expect(compared).toBeGreaterThan(5_000)
})
