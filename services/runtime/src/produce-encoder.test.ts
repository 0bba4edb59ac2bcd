import { afterEach, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { createRequire } from 'node:module'
import { crc32c } from './crc32c.ts'
import { encodeProduce, isPlain, type ProduceRequest } from './produce-encoder.ts'

const require = createRequire(import.meta.url)

interface Encoder { readonly buffer: Buffer }
interface Definition { protocol (wanted: { version: number }): (request: object) => { request: { encode (): Promise<Encoder> } } }
const kafkajsProduce = require('kafkajs/src/protocol/requests/produce') as Definition
const nowMs = 1_790_000_000_123

afterEach(() => { jest.restoreAllMocks() })

async function byKafkajs (request: ProduceRequest, version: number): Promise<Buffer> {
  jest.spyOn(Date, 'now').mockReturnValue(nowMs)
  return (await kafkajsProduce.protocol({ version })(request).request.encode()).buffer
}

const bytes = fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))
const text = fc.string({ unit: 'grapheme', maxLength: 100 })
const message = fc.record({
  key: fc.oneof(text, bytes, fc.constant(null)),
  value: fc.oneof(text, bytes, fc.constant(null)),
  headers: fc.dictionary(text, fc.oneof(text, bytes), { maxKeys: 3 })
}, { requiredKeys: ['value'] })
const partition = fc.record({
  partition: fc.nat(1_000), firstSequence: fc.nat(2 ** 31 - 1), messages: fc.array(message, { minLength: 1, maxLength: 80 })
})
const request = fc.record({
  transactionalId: fc.oneof(text, fc.constant(undefined)), acks: fc.constantFrom(-1, 0, 1), timeout: fc.nat(60_000), compression: fc.constant(0),
  producerId: fc.oneof(fc.bigInt({ min: -1n, max: 2n ** 62n }).map(String), fc.constant(-1)), producerEpoch: fc.nat(32_767),
  topicData: fc.array(fc.record({ topic: fc.string({ minLength: 1, maxLength: 60 }), partitions: fc.array(partition, { maxLength: 4 }) }), { maxLength: 4 })
})

test('the bytes are those that kafkajs writes', async () => {
  await fc.assert(fc.asyncProperty(request, fc.constantFrom(3, 5, 7), async (asked, version) => {
    expect(isPlain(asked)).toBe(true)
    const expected = await byKafkajs(asked, version)
    expect(encodeProduce(asked, nowMs).equals(expected)).toBe(true)
  }), { numRuns: 200 })
})

test.each([1, 63, 64, 8_191, 8_192, 70_000, 1_100_000])('so are those of a value of %i bytes, and of as many records as fit', async length => {
  const messages = Array.from({ length: Math.max(1, Math.min(9_000, Math.floor(1_000_000 / length))) }, () => ({ key: 'k', value: Buffer.alloc(length, 7) }))
  const asked = { acks: -1, timeout: 1, producerId: '5', producerEpoch: 0, transactionalId: 't', topicData: [{ topic: 'a', partitions: [{ partition: 0, firstSequence: 3, messages }] }] }
  expect(encodeProduce(asked, nowMs).equals(await byKafkajs(asked, 7))).toBe(true)
})

test.each([
  ['compression', {}, 1],
  ['a time of its own', { timestamp: '1790000000000' }, 0],
  ['a header that is there twice', { headers: { a: ['1', '2'] } }, 0],
  ['a key of another type', { key: 7 }, 0]
])('%s is left to kafkajs', (_, extra, compression) => {
  const asked = { acks: -1, timeout: 1, compression, topicData: [{ topic: 'a', partitions: [{ partition: 0, messages: [{ value: 'v' }, { value: 'v', ...extra }] }] }] }
  expect(isPlain(asked)).toBe(false)
})

test('CRC-32C of what its standard gives, and of any part of a buffer as kafkajs has it', () => {
  const digits = Buffer.from('123456789')
  expect(crc32c(digits, 0, digits.length)).toBe(0xe3069283)
  const byOne = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number
  fc.assert(fc.property(bytes, fc.nat(10), (all, start) => {
    const from = Math.min(start, all.length)
    expect(crc32c(all, from, all.length)).toBe(byOne(all.subarray(from)))
  }))
})
