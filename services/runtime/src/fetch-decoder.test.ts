import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRequire } from 'node:module'
import { decodeFetch } from './fetch-decoder.ts'
import { encodeProduce } from './produce-encoder.ts'

const require = createRequire(import.meta.url)

const kafkajs = require('kafkajs/src/protocol/requests/fetch/v11/response') as { decode (raw: Buffer): Promise<object> }

interface Encoder {
  readonly buffer: Buffer
  writeInt16 (value: number): Encoder
  writeInt32 (value: number): Encoder
  writeInt64 (value: string): Encoder
  writeString (value: string): Encoder
  writeBuffer (value: Buffer): Encoder
}
const Encoder = require('kafkajs/src/protocol/encoder') as new () => Encoder

interface BatchFacts {
  readonly firstOffset: number
  readonly attributes: number
  readonly messages: readonly { key: Buffer | null, value: Buffer | null, headers: Record<string, Buffer> }[]
}
interface PartitionFacts { readonly batches: readonly BatchFacts[], readonly cutBytes: number, readonly aborted: readonly [number, number][] }

/** A batch as a producer writes it, with the offset and the attributes that the broker puts in. */
function batchOf ({ firstOffset, attributes, messages }: BatchFacts, firstTimestamp: number): Buffer {
  const topicData = [{ topic: '', partitions: [{ partition: 0, firstSequence: 9, messages }] }]
  const request = { acks: -1, timeout: 0, producerId: '77', producerEpoch: 3, topicData }
  // Transactional id, acks, timeout, counts, names and sizes come before it.
  const batch = encodeProduce(request, firstTimestamp).subarray(2 + 2 + 4 + 4 + 2 + 4 + 4 + 4)
  batch.writeBigInt64BE(BigInt(firstOffset), 0)
  batch.writeInt16BE(attributes, 21)
  return batch
}

function answerOf (partitions: readonly PartitionFacts[], firstTimestamp: number): Buffer {
  const answer = new Encoder().writeInt32(0).writeInt16(0).writeInt32(0).writeInt32(1).writeString('topic').writeInt32(partitions.length)
  partitions.forEach(({ batches, cutBytes, aborted }, i) => {
    const all = Buffer.concat(batches.map(batch => batchOf(batch, firstTimestamp)))
    const records = all.subarray(0, Math.max(0, all.length - cutBytes))
    answer.writeInt32(i).writeInt16(i % 3).writeInt64('4611686018427').writeInt64('12').writeInt64('-1').writeInt32(aborted.length === 0 ? -1 : aborted.length)
    for (const [producerId, firstOffset] of aborted) answer.writeInt64(String(producerId)).writeInt64(String(firstOffset))
    answer.writeInt32(-1).writeInt32(records.length).writeBuffer(records)
  })
  return answer.buffer
}

const bytes = fc.uint8Array({ maxLength: 150 }).map(array => Buffer.from(array))
const message = fc.record({
  key: fc.oneof(bytes, fc.constant(null)), value: fc.oneof(bytes, fc.constant(null)),
  headers: fc.dictionary(fc.string({ maxLength: 20 }), bytes, { maxKeys: 3 })
})
const batch = fc.record({
  firstOffset: fc.nat(Number.MAX_SAFE_INTEGER - 1_000), attributes: fc.constantFrom(0, 0x08, 0x10, 0x18, 0x30, 0x38),
  messages: fc.array(message, { minLength: 1, maxLength: 70 })
})
const partition = fc.record({
  batches: fc.array(batch, { maxLength: 4 }), cutBytes: fc.oneof(fc.constant(0), fc.nat(300)), aborted: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 })
})

test('what is decoded is equal to what kafkajs decodes', async () => {
  await fc.assert(fc.asyncProperty(fc.array(partition, { maxLength: 4 }), fc.nat(2 ** 42), async (partitions, firstTimestamp) => {
    const raw = answerOf(partitions, firstTimestamp)
    const decoded = decodeFetch(raw)
    // Fewer bytes than a magic byte needs are refused by both.
    if (decoded === undefined) expect(partitions.some(({ cutBytes }) => cutBytes > 0)).toBe(true)
    else expect(decoded).toEqual(await kafkajs.decode(raw))
  }), { numRuns: 200 })
})

const one = (attributes: number): Buffer => answerOf([{
  batches: [{ firstOffset: 5, attributes, messages: [{ key: null, value: Buffer.from('v'), headers: {} }] }], cutBytes: 0, aborted: []
}], 1_790_000_000_000)

test('a compressed batch is left to kafkajs', () => {
  expect(decodeFetch(one(0))).toBeDefined()
  expect(decodeFetch(one(1))).toBeUndefined()
})

test('so is an older format', () => {
  const raw = one(0)
  raw[raw.lastIndexOf(Buffer.from([0, 0, 0, 0, 2])) + 4] = 1
  expect(decodeFetch(raw)).toBeUndefined()
})

test('so is an answer that is cut short anywhere before its end', () => {
  const raw = one(0)
  for (let length = 0; length < raw.length; length++) expect(decodeFetch(raw.subarray(0, length))).toBeUndefined()
})
