// A produce request's bytes in one pass: sized first, written once into one buffer, each batch's checksum at its end.
// kafkajs makes a growing buffer for every record, header and batch and copies each into the next.
//
// Invariants:
//   E1. The bytes are those that kafkajs writes for the same request (versions 3 to 7 of it, which differ in nothing here).
//   E2. What kafkajs would treat in a way of its own (compression, given timestamps, repeated headers, other types) is not
//       encoded here: `isPlain` says so, and kafkajs does it.
import { crc32c } from './crc32c.ts'

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

type Bytes = string | Buffer | null | undefined

/** What a batch has before its records; its length and checksum don't cover all of it. */
const batchHeaderBytes = 61
const lengthFrom = 12
const checksumFrom = 21
const magic = 2
const transactionalMask = 16

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
      const batch = sizesOf(messages)
      sizes.push(batch)
      bytes += 4 + 4 + batch.bytes
    }
  }
  return new Writer(bytes).request(request, sizes, nowMs)
}

interface BatchSizes { readonly bytes: number, /** Of each record, without its own length. */ readonly records: readonly number[] }

function sizesOf (messages: readonly ProduceMessage[]): BatchSizes {
  let bytes = batchHeaderBytes
  const records = messages.map((message, i) => {
    const size = recordBytes(message, i)
    bytes += varintBytes(size) + size
    return size
  })
  return { bytes, records }
}

/** Attributes and time delta are a byte each. */
function recordBytes ({ key, value, headers }: ProduceMessage, offsetDelta: number): number {
  let bytes = 2 + varintBytes(offsetDelta) + sizedBytes(key as Bytes) + sizedBytes(value as Bytes)
  let count = 0
  for (const name in headers) {
    bytes += sizedBytes(name) + sizedBytes(headers[name] as Bytes)
    count++
  }
  return bytes + varintBytes(count)
}

const lengthOf = (value: string | Buffer): number => typeof value === 'string' ? Buffer.byteLength(value) : value.length
const stringBytes = (text: string | null | undefined): number => 2 + (text === null || text === undefined ? 0 : Buffer.byteLength(text))

function sizedBytes (value: Bytes): number {
  if (value === null || value === undefined) return 1
  const length = lengthOf(value)
  return varintBytes(length) + length
}

/** Of a number that is not negative; zigzag doubles it. */
const varintBytes = (value: number): number => value < 0x40 ? 1 : value < 0x2000 ? 2 : value < 0x10_0000 ? 3 : value < 0x800_0000 ? 4 : 5

class Writer {
  readonly #buffer: Buffer
  #at = 0

  constructor (bytes: number) { this.#buffer = Buffer.allocUnsafe(bytes) }

  request (request: ProduceRequest, sizes: readonly BatchSizes[], nowMs: number): Buffer {
    this.#string(request.transactionalId)
    this.#int16(request.acks)
    this.#int32(request.timeout)
    this.#int32(request.topicData.length)
    let next = 0
    for (const { topic, partitions } of request.topicData) {
      this.#string(topic)
      this.#int32(partitions.length)
      for (const partition of partitions) {
        const batch = sizes[next++]!
        this.#int32(partition.partition)
        this.#int32(batch.bytes)
        this.#batch(partition, batch, request, nowMs)
      }
    }
    return this.#buffer
  }

  #batch ({ messages, firstSequence = 0 }: ProducePartition, { bytes, records }: BatchSizes, request: ProduceRequest, nowMs: number): void {
    const start = this.#at
    this.#int64(0n)
    this.#int32(bytes - lengthFrom)
    this.#int32(0)
    this.#buffer[this.#at++] = magic
    // The checksum comes when the rest is written.
    this.#at = start + checksumFrom
    const time = BigInt(nowMs)
    this.#int16(request.transactionalId === null || request.transactionalId === undefined || request.transactionalId === '' ? 0 : transactionalMask)
    this.#int32(messages.length - 1)
    this.#int64(time)
    this.#int64(time)
    this.#int64(BigInt(String(request.producerId ?? -1)))
    this.#int16(request.producerEpoch ?? 0)
    this.#int32(firstSequence)
    this.#int32(messages.length)
    for (let i = 0; i < messages.length; i++) this.#record(messages[i]!, i, records[i]!)
    this.#buffer.writeUInt32BE(crc32c(this.#buffer, start + checksumFrom, this.#at), start + checksumFrom - 4)
  }

  #record ({ key, value, headers }: ProduceMessage, offsetDelta: number, size: number): void {
    this.#varint(size)
    this.#buffer[this.#at++] = 0
    this.#buffer[this.#at++] = 0
    this.#varint(offsetDelta)
    this.#sized(key as Bytes)
    this.#sized(value as Bytes)
    if (headers === undefined) {
      this.#buffer[this.#at++] = 0
      return
    }
    const names = Object.keys(headers)
    this.#varint(names.length)
    for (const name of names) {
      this.#sized(name)
      this.#sized(headers[name] as Bytes)
    }
  }

  #sized (value: Bytes): void {
    if (value === null || value === undefined) {
      // -1 in zigzag.
      this.#buffer[this.#at++] = 1
    } else if (typeof value === 'string') {
      this.#varint(Buffer.byteLength(value))
      this.#at += this.#buffer.write(value, this.#at)
    } else {
      this.#varint(value.length)
      this.#buffer.set(value, this.#at)
      this.#at += value.length
    }
  }

  #varint (value: number): void {
    let rest = value << 1 >>> 0
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = rest & 0x7f | 0x80
      rest >>>= 7
    }
    this.#buffer[this.#at++] = rest
  }

  #string (text: string | null | undefined): void {
    if (text === null || text === undefined) return this.#int16(-1)
    this.#int16(Buffer.byteLength(text))
    this.#at += this.#buffer.write(text, this.#at)
  }

  #int16 (value: number): void { this.#at = this.#buffer.writeInt16BE(value, this.#at) }
  #int32 (value: number): void { this.#at = this.#buffer.writeInt32BE(value, this.#at) }
  #int64 (value: bigint): void { this.#at = this.#buffer.writeBigInt64BE(value, this.#at) }
}
