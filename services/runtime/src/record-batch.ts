// A record batch (format 2) in one pass: sized first, written once, its checksum at its end.
import type { ByteWriter } from './byte-writer.ts'
import { crc32c } from './crc32c.ts'

export interface BatchMessage {
  readonly key?: unknown
  readonly value: unknown
  readonly headers?: Readonly<Record<string, unknown>>
}

export interface BatchProducer {
  readonly isTransactional: boolean
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly firstSequence: number
}

export interface BatchSizes { readonly bytes: number, /** Of each record, without its own length. */ readonly records: readonly number[] }

export type Bytes = string | Buffer | null | undefined

/** What a batch has before its records; its length and checksum don't cover all of it. */
const batchHeaderBytes = 61
const lengthFrom = 12
const checksumFrom = 21
const magic = 2
const transactionalMask = 16

export function batchSizes (messages: readonly BatchMessage[]): BatchSizes {
  let bytes = batchHeaderBytes
  const records = messages.map((message, i) => {
    const size = recordBytes(message, i)
    bytes += varintBytes(size) + size
    return size
  })
  return { bytes, records }
}

/** Attributes and time delta are a byte each. */
function recordBytes ({ key, value, headers }: BatchMessage, offsetDelta: number): number {
  let bytes = 2 + varintBytes(offsetDelta) + sizedBytes(key as Bytes) + sizedBytes(value as Bytes)
  let count = 0
  for (const name in headers) {
    bytes += sizedBytes(name) + sizedBytes(headers[name] as Bytes)
    count++
  }
  return bytes + varintBytes(count)
}

function sizedBytes (value: Bytes): number {
  if (value === null || value === undefined) return 1
  const length = typeof value === 'string' ? Buffer.byteLength(value) : value.length
  return varintBytes(length) + length
}

/** Of a number that is not negative; zigzag doubles it. */
const varintBytes = (value: number): number => value < 0x40 ? 1 : value < 0x2000 ? 2 : value < 0x10_0000 ? 3 : value < 0x800_0000 ? 4 : 5

/** `nowMs` becomes the time of every record. */
export function writeBatch (to: ByteWriter, messages: readonly BatchMessage[], { bytes, records }: BatchSizes, producer: BatchProducer, nowMs: number): void {
  const start = to.at
  to.int64(0n)
  to.int32(bytes - lengthFrom)
  to.int32(0)
  to.int8(magic)
  // The checksum comes when the rest is written.
  to.at = start + checksumFrom
  const time = BigInt(nowMs)
  to.int16(producer.isTransactional ? transactionalMask : 0)
  to.int32(messages.length - 1)
  to.int64(time)
  to.int64(time)
  to.int64(producer.producerId)
  to.int16(producer.producerEpoch)
  to.int32(producer.firstSequence)
  to.int32(messages.length)
  for (let i = 0; i < messages.length; i++) writeRecord(to, messages[i]!, i, records[i]!)
  to.buffer.writeUInt32BE(crc32c(to.buffer, start + checksumFrom, to.at), start + checksumFrom - 4)
}

function writeRecord (to: ByteWriter, { key, value, headers }: BatchMessage, offsetDelta: number, size: number): void {
  to.varint(size)
  to.int8(0)
  to.int8(0)
  to.varint(offsetDelta)
  writeSized(to, key as Bytes)
  writeSized(to, value as Bytes)
  if (headers === undefined) return to.int8(0)
  const names = Object.keys(headers)
  to.varint(names.length)
  for (const name of names) {
    writeSized(to, name)
    writeSized(to, headers[name] as Bytes)
  }
}

function writeSized (to: ByteWriter, value: Bytes): void {
  // -1 in zigzag.
  if (value === null || value === undefined) return to.int8(1)
  if (typeof value !== 'string') {
    to.varint(value.length)
    return to.bytes(value)
  }
  to.varint(Buffer.byteLength(value))
  to.at += to.buffer.write(value, to.at)
}
