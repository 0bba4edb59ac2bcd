// Record batches (format 2) as they lie in the log: records, and the markers that end transactions.
import type { Batch } from '../core/transaction-fate.ts'
import { Reading } from './wire.ts'

export interface RawRecord {
  readonly offset: number
  readonly atMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

export interface RawBatch extends Batch<RawRecord> {
  readonly baseOffset: number
  readonly nextOffset: number
}

const batchHeadBytes = 12
const compressionBits = 0b111
const logAppendTimeBit = 0b1000
const transactionalBit = 0b10000
const controlBit = 0b100000

/** Whole batches; a last one that was cut off is left for the next fetch. */
export function batchesIn (bytes: Buffer): RawBatch[] {
  const batches: RawBatch[] = []
  const reading = new Reading(bytes)
  while (reading.left >= batchHeadBytes) {
    const baseOffset = Number(reading.int64())
    const length = reading.int32()
    if (length > reading.left) break
    batches.push(batchOf(baseOffset, new Reading(reading.bytes(length))))
  }
  return batches
}

function batchOf (baseOffset: number, reading: Reading): RawBatch {
  reading.int32() // leader epoch
  const magic = reading.int8()
  if (magic !== 2) throw new Error(`record batches of format ${magic} are not known here`)
  reading.uint32() // checksum; the broker has checked it
  const attributes = reading.int16()
  if ((attributes & compressionBits) !== 0) throw new Error('a batch is compressed, which the mesh does not do')
  const lastOffsetDelta = reading.int32()
  const firstAtMs = Number(reading.int64())
  const lastAtMs = Number(reading.int64())
  const producerId = reading.int64()
  reading.int16() // producer epoch
  reading.int32() // sequence
  const atMsOf = (delta: number): number => (attributes & logAppendTimeBit) === 0 ? firstAtMs + delta : lastAtMs
  const records = reading.array(() => recordOf(baseOffset, atMsOf, reading))
  const isControl = (attributes & controlBit) !== 0
  return {
    baseOffset, nextOffset: baseOffset + lastOffsetDelta + 1, producerId, isTransactional: (attributes & transactionalBit) !== 0,
    marker: isControl ? markerOf(records[0]?.key ?? null) : null, records: isControl ? [] : records
  }
}

function recordOf (baseOffset: number, atMsOf: (delta: number) => number, batch: Reading): RawRecord {
  const reading = new Reading(batch.bytes(batch.varint()))
  reading.int8() // attributes
  const atMs = atMsOf(Number(reading.varlong()))
  const offset = baseOffset + reading.varint()
  const key = reading.varBytes()
  const value = reading.varBytes()
  const headers: Record<string, string> = {}
  for (let left = reading.varint(); left > 0; left--) {
    const name = reading.varBytes()?.toString('utf8') ?? ''
    headers[name] = reading.varBytes()?.toString('latin1') ?? ''
  }
  return { offset, atMs, key, value, headers }
}

/** Other control records (a new leader, a snapshot) end no transaction. */
function markerOf (key: Buffer | null): 'commit' | 'abort' | null {
  const type = key === null || key.length < 4 ? -1 : key.readInt16BE(2)
  return type === 0 ? 'abort' : type === 1 ? 'commit' : null
}
