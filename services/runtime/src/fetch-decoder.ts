// A fetch answer's bytes as the objects that kafkajs makes of them, without its big integers and copied arrays.
//
// Invariants:
//   D1. What comes out is equal to what kafkajs makes of the same bytes (version 11 of the answer), record by record.
//   D2. What is rare is left to kafkajs, as a whole: compressed batches and the formats before version 2. `decodeFetch`
//       says undefined then.
//   D3. Offsets, times and ids below 2^53 are read as numbers; others are left to kafkajs, too.

interface BatchContext {
  readonly firstOffset: string
  readonly firstTimestamp: string
  readonly partitionLeaderEpoch: number
  readonly inTransaction: boolean
  readonly isControlBatch: boolean
  readonly lastOffsetDelta: number
  readonly producerId: string
  readonly producerEpoch: number
  readonly firstSequence: number
  readonly maxTimestamp: string
  readonly timestampType: number
  readonly magicByte: number
}

type Headers = Record<string, Buffer | null | (Buffer | null)[]>

/** What a batch says of its records, with the numbers that its records count from. */
interface Batch { readonly context: BatchContext, readonly firstOffset: number, readonly firstTimestamp: number, readonly isLogAppendTime: boolean }

const batchHeaderBytes = 61
/** kafkajs tries no batch in fewer bytes than these. */
const leastBatchBytes = 49
const lengthFrom = 12
const magicAt = 16
const magicByte = 2
const attribute = { compression: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 }

class LeftToKafkajs extends Error {}

/** Undefined: let kafkajs decode it. */
export function decodeFetch (raw: Buffer): object | undefined {
  try {
    return new Reader(raw).answer()
  } catch (error) {
    // Bytes that are cut short or make no sense: kafkajs has words for it.
    if (error instanceof LeftToKafkajs || (error as Error).name === 'RangeError') return undefined
    throw error
  }
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor (bytes: Buffer) { this.#bytes = bytes }

  answer (): object {
    const clientSideThrottleTime = this.#int32()
    const errorCode = this.#int16()
    const sessionId = this.#int32()
    const responses = this.#array(() => ({ topicName: this.#string(), partitions: this.#array(() => this.#partition()) }))
    return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses }
  }

  #partition (): object {
    return {
      partition: this.#int32(),
      errorCode: this.#int16(),
      highWatermark: String(this.#int64()),
      lastStableOffset: String(this.#int64()),
      lastStartOffset: String(this.#int64()),
      abortedTransactions: this.#array(() => ({ producerId: String(this.#int64()), firstOffset: String(this.#int64()) })),
      preferredReadReplica: this.#int32(),
      messages: this.#messages()
    }
  }

  #messages (): object[] {
    const bytes = this.#int32()
    if (bytes <= 0) return []
    const end = this.#at + bytes
    if (end > this.#bytes.length || bytes <= magicAt) throw new LeftToKafkajs()
    const records: object[] = []
    while (end - this.#at >= leastBatchBytes) {
      const batchEnd = this.#at + lengthFrom + this.#bytes.readInt32BE(this.#at + 8)
      // The last batch may be cut off by the bound on bytes.
      if (batchEnd > end) break
      this.#batch(batchEnd, records)
      this.#at = batchEnd
    }
    this.#at = end
    return records
  }

  #batch (end: number, records: object[]): void {
    if (end - this.#at < batchHeaderBytes || this.#bytes[this.#at + magicAt] !== magicByte) throw new LeftToKafkajs()
    const batch = this.#batchHeader()
    const count = this.#int32()
    for (let i = 0; i < count; i++) {
      const recordEnd = this.#varint() + this.#at
      if (recordEnd > end) throw new LeftToKafkajs()
      records.push(this.#record(batch))
      this.#at = recordEnd
    }
  }

  #batchHeader (): Batch {
    const firstOffset = this.#int64()
    this.#at += 4
    const partitionLeaderEpoch = this.#int32()
    // Magic and checksum.
    this.#at += 5
    const attributes = this.#int16()
    if ((attributes & attribute.compression) !== 0) throw new LeftToKafkajs()
    const lastOffsetDelta = this.#int32()
    const firstTimestamp = this.#int64()
    const maxTimestamp = String(this.#int64())
    const producerId = String(this.#int64())
    const producerEpoch = this.#int16()
    const firstSequence = this.#int32()
    const isLogAppendTime = (attributes & attribute.logAppendTime) !== 0
    const context = {
      firstOffset: String(firstOffset), firstTimestamp: String(firstTimestamp), partitionLeaderEpoch,
      inTransaction: (attributes & attribute.transactional) !== 0, isControlBatch: (attributes & attribute.control) !== 0,
      lastOffsetDelta, producerId, producerEpoch, firstSequence, maxTimestamp, timestampType: isLogAppendTime ? 1 : 0, magicByte
    }
    return { context, firstOffset, firstTimestamp, isLogAppendTime }
  }

  #record ({ context, firstOffset, firstTimestamp, isLogAppendTime }: Batch): object {
    const attributes = this.#bytes.readInt8(this.#at++)
    const timestampDelta = this.#varlong()
    const offset = String(firstOffset + this.#varint())
    const key = this.#sized()
    const value = this.#sized()
    return {
      magicByte, attributes, timestamp: isLogAppendTime ? context.maxTimestamp : String(firstTimestamp + timestampDelta), offset, key, value,
      headers: this.#headers(), isControlRecord: context.isControlBatch, batchContext: context
    }
  }

  #headers (): Headers {
    const headers: Headers = {}
    for (let left = this.#varint(); left > 0; left--) {
      const name = this.#sized()?.toString() ?? 'null'
      const value = this.#sized()
      const before = headers[name]
      headers[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
    }
    return headers
  }

  #sized (): Buffer | null {
    const length = this.#varint()
    if (length < 0) return null
    const end = this.#at + length
    if (end > this.#bytes.length) throw new LeftToKafkajs()
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return bytes
  }

  /** Zigzag. */
  #varint (): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new LeftToKafkajs()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 1 ^ -(value & 1)
    }
    throw new LeftToKafkajs()
  }

  /** Time deltas of more than 2^31 ms are left to kafkajs. */
  #varlong (): number {
    const start = this.#at
    while (this.#bytes[this.#at++]! >= 0x80) if (this.#at - start > 4) throw new LeftToKafkajs()
    this.#at = start
    return this.#varint()
  }

  #array<T> (read: () => T): T[] {
    const array: T[] = []
    for (let left = this.#int32(); left > 0; left--) array.push(read())
    return array
  }

  #string (): string | null {
    const length = this.#int16()
    if (length < 0) return null
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }

  #int16 (): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  #int32 (): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  #int64 (): number {
    this.#at += 8
    const value = this.#bytes.readInt32BE(this.#at - 8) * 2 ** 32 + this.#bytes.readUInt32BE(this.#at - 4)
    if (!Number.isSafeInteger(value)) throw new LeftToKafkajs()
    return value
  }
}
