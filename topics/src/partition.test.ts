import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Partitioners } from 'kafkajs'
import { partitionFor } from './partition.ts'

const kafkajs = Partitioners.DefaultPartitioner()
const metadata = (count: number) =>
  Array.from({ length: count }, (_, partitionId) => ({ partitionId, partitionErrorCode: 0, leader: 0, replicas: [0], isr: [0] }))

describe('the partition of a key', () => {
  test('is the one that kafkajs chooses, for any key and any number of partitions', () => {
    const keys = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), fc.uuid(), fc.string({ minLength: 1 }))
    fc.assert(fc.property(keys, fc.integer({ min: 1, max: 64 }), (key, count) => {
      const expected = kafkajs({ topic: 't', partitionMetadata: metadata(count), message: { key, value: null } })
      expect(partitionFor(key, count)).toBe(expected)
    }), { numRuns: 5_000 })
  })

  // From Java's org.apache.kafka.common.utils.UtilsTest.
  test.each([['21', -973932308], ['foobar', -790332482], ['a-little-bit-long-string', -985981536], ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971], ['abc', 479470107]])('agrees with Java on %s', (key, hash) => {
    expect(partitionFor(key, 1_000)).toBe((hash & 0x7fffffff) % 1_000)
  })
})
