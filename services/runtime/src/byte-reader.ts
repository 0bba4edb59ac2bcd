// Kafka's primitive types out of an answer's bytes; bytes that end early are a RangeError.
export class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor (bytes: Buffer) { this.#bytes = bytes }

  int16 (): number { return this.#bytes.readInt16BE(this.#skip(2)) }
  int32 (): number { return this.#bytes.readInt32BE(this.#skip(4)) }
  int64 (): bigint { return this.#bytes.readBigInt64BE(this.#skip(8)) }

  unsignedVarint (): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#skip(1))
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new RangeError('a number of more than five bytes')
  }

  compactString (): string | null {
    const bytes = this.unsignedVarint() - 1
    if (bytes < 0) return null
    const start = this.#skip(bytes)
    return this.#bytes.toString('utf8', start, start + bytes)
  }

  compactArray<T> (read: () => T): T[] {
    const items: T[] = []
    for (let left = this.unsignedVarint() - 1; left > 0; left--) items.push(read())
    return items
  }

  /** Tagged fields; each is handed over with its bytes, and passed over if nobody asks. */
  tags (read?: (tag: number, field: ByteReader) => void): void {
    for (let left = this.unsignedVarint(); left > 0; left--) {
      const tag = this.unsignedVarint()
      const bytes = this.unsignedVarint()
      const start = this.#skip(bytes)
      read?.(tag, new ByteReader(this.#bytes.subarray(start, start + bytes)))
    }
  }

  #skip (bytes: number): number {
    const start = this.#at
    if (start + bytes > this.#bytes.length) throw new RangeError('an answer that ends early')
    this.#at += bytes
    return start
  }
}
