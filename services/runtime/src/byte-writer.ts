// Kafka's primitive types into one buffer that was sized first (protocol guide, "Protocol Primitive Types").
export class ByteWriter {
  readonly buffer: Buffer
  at = 0

  /** A buffer of exactly, or at most, so many bytes. */
  constructor (bytes: number) { this.buffer = Buffer.allocUnsafe(bytes) }

  get written (): Buffer { return this.at === this.buffer.length ? this.buffer : this.buffer.subarray(0, this.at) }

  int8 (value: number): void { this.buffer[this.at++] = value & 0xff }
  int16 (value: number): void { this.at = this.buffer.writeInt16BE(value, this.at) }
  int32 (value: number): void { this.at = this.buffer.writeInt32BE(value, this.at) }
  int64 (value: bigint): void { this.at = this.buffer.writeBigInt64BE(value, this.at) }

  /** Of a number that is not negative and below 2^32. */
  unsignedVarint (value: number): void {
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.buffer[this.at++] = rest & 0x7f | 0x80
      rest >>>= 7
    }
    this.buffer[this.at++] = rest
  }

  /** Zigzag, of a number that is not negative and below 2^31. */
  varint (value: number): void { this.unsignedVarint(value << 1) }

  string (text: string | null | undefined): void {
    if (text === null || text === undefined) return this.int16(-1)
    this.int16(Buffer.byteLength(text))
    this.at += this.buffer.write(text, this.at)
  }

  compactString (text: string | null): void {
    if (text === null) return this.unsignedVarint(0)
    this.unsignedVarint(Buffer.byteLength(text) + 1)
    this.at += this.buffer.write(text, this.at)
  }

  compactArray<T> (items: readonly T[], write: (item: T) => void): void {
    this.unsignedVarint(items.length + 1)
    for (const item of items) write(item)
  }

  noTags (): void { this.int8(0) }

  bytes (bytes: Uint8Array): void {
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
  }
}
