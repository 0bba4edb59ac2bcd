// Kafka's primitive types, written and read.

export class Reading {
  readonly #bytes: Buffer
  at = 0

  constructor (bytes: Buffer) { this.#bytes = bytes }

  get left (): number { return this.#bytes.length - this.at }
  int8 (): number { return this.#bytes.readInt8(this.#move(1)) }
  int16 (): number { return this.#bytes.readInt16BE(this.#move(2)) }
  int32 (): number { return this.#bytes.readInt32BE(this.#move(4)) }
  uint32 (): number { return this.#bytes.readUInt32BE(this.#move(4)) }
  int64 (): bigint { return this.#bytes.readBigInt64BE(this.#move(8)) }

  string (): string | null {
    const length = this.int16()
    return length < 0 ? null : this.bytes(length).toString('utf8')
  }

  nullableBytes (): Buffer | null {
    const length = this.int32()
    return length < 0 ? null : this.bytes(length)
  }

  bytes (length: number): Buffer {
    const from = this.#move(length)
    return this.#bytes.subarray(from, from + length)
  }

  array<T> (read: () => T): T[] { return Array.from({ length: Math.max(0, this.int32()) }, read) }

  /** Zigzag, base 128. */
  varint (): number { return Number(this.varlong()) }

  varlong (): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(this.#bytes.readUInt8(this.#move(1)))
      value |= (byte & 0x7fn) << shift
      if (byte < 0x80n) return value >> 1n ^ -(value & 1n)
    }
  }

  varBytes (): Buffer | null {
    const length = this.varint()
    return length < 0 ? null : this.bytes(length)
  }

  #move (by: number): number {
    if (by < 0 || by > this.left) throw new RangeError(`${by} bytes are wanted, and ${this.left} are left`)
    const from = this.at
    this.at += by
    return from
  }
}

export const int8 = (value: number): Buffer => Buffer.from([value & 0xff])
export const int16 = (value: number): Buffer => sized(2, bytes => bytes.writeInt16BE(value))
export const int32 = (value: number): Buffer => sized(4, bytes => bytes.writeInt32BE(value))
export const int64 = (value: bigint): Buffer => sized(8, bytes => bytes.writeBigInt64BE(value))
export const string = (text: string): Buffer => Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)])
export const array = (items: readonly Buffer[]): Buffer => Buffer.concat([int32(items.length), ...items])

function sized (length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length)
  write(bytes)
  return bytes
}
