import { expect, test } from '@jest/globals'
import { Latencies } from './latencies.ts'

test('percentiles of a class and of all, over processes', () => {
  const [one, other] = [new Latencies(), new Latencies()]
  for (let ms = 1; ms <= 100; ms++) (ms % 2 === 0 ? one : other).record(ms <= 50 ? 0 : 3, ms)
  const sum = new Latencies(one.encoded())
  sum.add(new Latencies(other.encoded()))
  expect(sum.count).toBe(100)
  expect(sum.ofPriority(0)!.p50).toBeCloseTo(25, 0)
  expect(sum.ofPriority(1)).toBeUndefined()
  expect(sum.all()!.p99).toBeCloseTo(99, 0)
  expect(sum.all()!.max).toBeCloseTo(100, 0)
})

test('what takes longer than the histogram reaches is kept at its end', () => {
  const latencies = new Latencies()
  latencies.record(2, 1e9)
  expect(latencies.all()!.max).toBeGreaterThan(590_000)
})
