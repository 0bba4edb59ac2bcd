// A produce request's bytes in one pass: sized first, written once into one buffer, each batch's checksum at its end.
// kafkajs makes a growing buffer for every record, header and batch and copies each into the next.
//
// Invariants:
//   E1. The bytes are those that kafkajs writes for the same request (versions 3 to 7 of it, which differ in nothing here).
//   E2. What kafkajs would treat in a way of its own (compression, given timestamps, repeated headers, other types) is not
//       encoded here: `isPlain` says so, and kafkajs does it.
import { ByteWriter } from './byte-writer.ts'
import { batchSizes, type BatchSizes, type Bytes, writeBatch } from './record-batch.ts'

export interface ProduceMessage {
  readonly key?: unknown
  readonly value: unknown
  readonly headers?: Readonly<Record<string, unknown>>
  readonly timestamp?: unknown
}

export interface ProducePartition {
  readonly partition: number
  readonly firstSequence?: number
  readonly messages: readonly ProduceMessage[]
}

export interface ProduceRequest {
  readonly transactionalId?: string | null | undefined
  readonly acks: number
  readonly timeout: number
  readonly producerId?: unknown
  readonly producerEpoch?: number
  readonly compression?: number
  readonly topicData: readonly { readonly topic: string, readonly partitions: readonly ProducePartition[] }[]
}

const isBytes = (value: unknown): value is Bytes => value === null || value === undefined || typeof value === 'string' || Buffer.isBuffer(value)

export function isPlain ({ compression = 0, topicData }: ProduceRequest): boolean {
  return compression === 0 && topicData.every(({ partitions }) => partitions.every(({ messages }) => messages.every(isPlainMessage)))
}

function isPlainMessage ({ key, value, headers, timestamp }: ProduceMessage): boolean {
  if (timestamp !== undefined || !isBytes(key) || !isBytes(value)) return false
  for (const name in headers) {
    const header = headers[name]
    if (typeof header !== 'string' && !Buffer.isBuffer(header)) return false
  }
  return true
}

/** Only for what `isPlain`; `nowMs` becomes the time of every record. */
export function encodeProduce (request: ProduceRequest, nowMs: number): Buffer {
  const sizes: BatchSizes[] = []
  let bytes = stringBytes(request.transactionalId) + 2 + 4 + 4
  for (const { topic, partitions } of request.topicData) {
    bytes += stringBytes(topic) + 4
    for (const { messages } of partitions) {
      const batch = batchSizes(messages)
      sizes.push(batch)
      bytes += 4 + 4 + batch.bytes
    }
  }
  const to = new ByteWriter(bytes)
  writeRequest(to, request, sizes, nowMs)
  return to.buffer
}

const stringBytes = (text: string | null | undefined): number => 2 + (text === null || text === undefined ? 0 : Buffer.byteLength(text))

function writeRequest (to: ByteWriter, request: ProduceRequest, sizes: readonly BatchSizes[], nowMs: number): void {
  const { transactionalId, topicData } = request
  const producer = {
    isTransactional: transactionalId !== null && transactionalId !== undefined && transactionalId !== '',
    producerId: BigInt(String(request.producerId ?? -1)),
    producerEpoch: request.producerEpoch ?? 0
  }
  to.string(transactionalId)
  to.int16(request.acks)
  to.int32(request.timeout)
  to.int32(topicData.length)
  let next = 0
  for (const { topic, partitions } of topicData) {
    to.string(topic)
    to.int32(partitions.length)
    for (const { partition, messages, firstSequence = 0 } of partitions) {
      const batch = sizes[next++]!
      to.int32(partition)
      to.int32(batch.bytes)
      writeBatch(to, messages, batch, { ...producer, firstSequence }, nowMs)
    }
  }
}
