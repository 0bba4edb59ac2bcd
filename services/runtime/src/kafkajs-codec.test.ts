import { expect, test } from '@jest/globals'
import { createRequire } from 'node:module'
import { patchCodec } from './kafkajs-codec.ts'

const require = createRequire(import.meta.url)

interface Protocol { readonly request: { encode (): Promise<{ readonly buffer: Buffer }> }, readonly response: { decode (raw: Buffer): Promise<unknown> } }
interface Definition { readonly versions: readonly string[], protocol (wanted: { version: number }): (parameters: object) => Protocol }

const { requests } = require('kafkajs/src/protocol/requests') as { requests: Record<'Produce' | 'Fetch', Definition> }
const before = { ...requests }
const messages = [{ key: 'k', value: 'v', headers: { a: '1' } }]
const produce = (extra: object = {}) => ({
  acks: -1, timeout: 1, compression: 0, producerId: '1', producerEpoch: 0, topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages }] }], ...extra
})
const fetchAnything = { maxWaitTime: 0, minBytes: 0, maxBytes: 1, isolationLevel: 1, topics: [] }
/** An answer about one partition without records; not one that a decoder of another version could read. */
const answer = Buffer.concat([Buffer.alloc(10), Buffer.from([0, 0, 0, 0])])

test('requests and answers are those of kafkajs, whoever makes them', async () => {
  patchCodec()
  patchCodec()
  expect(requests.Produce.versions).toEqual(before.Produce.versions)
  for (const version of [0, 2, 3, 7]) {
    const frames = await Promise.all([requests, before].map(async ({ Produce }) => (await Produce.protocol({ version })(produce()).request.encode()).buffer))
    expect(frames[0]!.length).toBe(frames[1]!.length)
  }
  const decoded = await Promise.all([requests, before].map(({ Fetch }) => Fetch.protocol({ version: 11 })(fetchAnything).response.decode(answer)))
  expect(decoded[0]).toEqual(decoded[1])
})

test('what the encoder and the decoder don\'t know goes to kafkajs', async () => {
  patchCodec()
  const compressed = await requests.Produce.protocol({ version: 7 })(produce({ compression: 1 })).request.encode()
  const plain = await requests.Produce.protocol({ version: 7 })(produce()).request.encode()
  expect(compressed.buffer.equals(plain.buffer)).toBe(false)
  await expect(requests.Fetch.protocol({ version: 11 })(fetchAnything).response.decode(answer.subarray(0, 5))).rejects.toThrow()
})
