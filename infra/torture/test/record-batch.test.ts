// The checker's decoder against another implementation: batches as kafkajs writes them.
import { createRequire } from 'node:module'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { batchesIn } from '../src/reader/record-batch.ts'

interface Encoded { readonly buffer: Buffer }
const require = createRequire(import.meta.url)
const Long = require('kafkajs/src/utils/long') as { fromValue (value: number | string): unknown }
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as { RecordBatch (batch: object): Promise<Encoded> }
const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => Encoded

const bytes = fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array))
const record = fc.record({ key: fc.option(bytes), value: fc.option(bytes), delta: fc.integer({ min: 0, max: 100_000 }), header: fc.string({ maxLength: 20 }) })
const batch = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 8 }), producer: fc.integer({ min: 0, max: 2 ** 40 }), transactional: fc.boolean()
})

test('records, offsets, times and producers come out as they went in; a batch that is cut off waits', async () => {
  await fc.assert(fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), fc.nat(30), async (given, cut) => {
    let next = 5
    const encoded: { readonly buffer: Buffer, readonly baseOffset: number }[] = []
    for (const { records, producer, transactional } of given) {
      const { buffer } = await RecordBatch({
        firstOffset: Long.fromValue(next), lastOffsetDelta: records.length - 1, firstTimestamp: 1_000, maxTimestamp: 200_000,
        producerId: Long.fromValue(producer), transactional,
        records: records.map(({ key, value, delta, header }, offsetDelta) => Record({ offsetDelta, timestampDelta: delta, key, value, headers: { h: header } }))
      })
      encoded.push({ buffer, baseOffset: next })
      next += records.length
    }
    const whole = Buffer.concat(encoded.map(({ buffer }) => buffer))
    const decoded = batchesIn(whole)
    expect(decoded).toMatchObject(given.map(({ producer, transactional }, i) =>
      ({ baseOffset: encoded[i]!.baseOffset, producerId: BigInt(producer), isTransactional: transactional, marker: null })))
    expect(decoded.flatMap(({ records }) => records)).toEqual(given.flatMap(({ records }, i) => records.map(({ key, value, delta, header }, n) =>
      ({ offset: encoded[i]!.baseOffset + n, atMs: 1_000 + delta, key, value, headers: { h: Buffer.from(header).toString('latin1') } }))))
    const last = encoded.at(-1)!.buffer.length
    expect(batchesIn(whole.subarray(0, whole.length - 1 - Math.min(cut, last - 1)))).toHaveLength(given.length - 1)
  }), { numRuns: 50 })
})
