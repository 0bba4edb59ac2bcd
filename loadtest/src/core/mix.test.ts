import { expect, test } from '@jest/globals'
import { mixOf } from './mix.ts'
import { workloadSchema } from './workload.ts'

const given = {
  about: 'a test', seconds: 1, arrivals: { process: 'constant', perS: 1 }, workflows: 50, requestShare: 0.25, priorities: [0.1, 0.2, 0.3, 0.4],
  payloads: [{ bytes: 100, share: 0.75 }, { bytes: 1_000, share: 0.25 }], agents: { sources: 1, targets: 4, popularity: 'zipf' }
}
const drawn = (changes: object = {}) => Array.from({ length: 40_000 }, (_, n) => n).map(mixOf(workloadSchema.parse({ ...given, ...changes }), 3))
const share = <T> (all: readonly T[], is: (one: T) => boolean) => all.filter(is).length / all.length

test('the shares are those of the workload', () => {
  const arrivals = drawn()
  for (const [priority, wanted] of given.priorities.entries()) expect(share(arrivals, each => each.priority === priority)).toBeCloseTo(wanted, 1)
  expect(share(arrivals, each => each.isRequest)).toBeCloseTo(0.25, 1)
  expect(share(arrivals, each => each.bytes === 1_000)).toBeCloseTo(0.25, 1)
  expect(new Set(arrivals.map(({ workflow }) => workflow)).size).toBe(50)
})

test('zipf: the k-th target as often as 1/k', () => {
  const arrivals = drawn()
  const sum = 1 + 1 / 2 + 1 / 3 + 1 / 4
  for (const k of [1, 2, 3, 4]) expect(share(arrivals, each => each.target === k - 1)).toBeCloseTo(1 / k / sum, 1)
})

test('a chain begins where the rest of it has a target', () =>
  expect(new Set(drawn({ requestShare: 1, chainDepth: 3 }).map(({ target }) => target))).toEqual(new Set([0, 1])))

test('the n-th is the same for whoever asks', () => {
  const [one, other] = [mixOf(workloadSchema.parse(given), 3), mixOf(workloadSchema.parse(given), 3)]
  expect(one(17)).toEqual(other(17))
  expect(one(17)).not.toEqual(mixOf(workloadSchema.parse(given), 4)(17))
})
