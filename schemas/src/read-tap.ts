// What avsc reads through: its own tap trusts the bytes, this one does not.
//
// T1. Reading past the end throws at once. (avsc's tap returns undefined and lets loops run on.)
// T2. A count or length never exceeds the bytes that are left, so memory is bounded by the record's size.
// T3. Nothing is copied: `bytes` are views of the record that was read. Copy what is kept for long.
// T4. A string is valid UTF-8, an int fits 32 bits, a varint ends within ten bytes: what can be read can be written back.
import { isUtf8 } from 'node:buffer'

// Node's own, faster than toString for short text, and missing from its types.
type TextBuffer = Buffer & { utf8Slice (start: number, end: number): string }

export class GarbageError extends Error {}

export class ReadTap {
  buf: Buffer
  pos: number

  constructor () {
    this.buf = Buffer.alloc(0)
    this.pos = 0
  }

  start (buf: Buffer, pos: number): void {
    this.buf = buf
    this.pos = pos
  }

  left (): number { return this.buf.length - this.pos }

  readBoolean (): boolean {
    const byte = this.buf[this.pos++]
    if (byte !== 0 && byte !== 1) throw new GarbageError('a boolean that is neither 0 nor 1')
    return byte === 1
  }

  readInt (): number {
    const value = this.readLong()
    if (value !== (value | 0)) throw new GarbageError('an int of more than 32 bits')
    return value
  }

  readLong (): number {
    const buf = this.buf
    let byte = buf[this.pos++]
    if (byte === undefined) throw new GarbageError('it ends within a number')
    if (byte < 0x80) return (byte >> 1) ^ -(byte & 1)
    let bits = byte & 0x7f
    let shift = 7
    do {
      byte = buf[this.pos++]
      if (byte === undefined) throw new GarbageError('it ends within a number')
      bits |= (byte & 0x7f) << shift
      shift += 7
    } while (byte >= 0x80 && shift < 28)
    if (byte < 0x80) return (bits >> 1) ^ -(bits & 1)
    return this.#readWide(bits)
  }

  // Past 28 bits, floats: integer arithmetic would overflow. The sign is the lowest bit; the rest is read as the half it is.
  #readWide (low: number): number {
    let half = low >>> 1
    let factor = 2 ** 27
    for (let count = 4; ; count++) {
      const byte = this.buf[this.pos++]
      if (byte === undefined) throw new GarbageError('it ends within a number')
      if (count === 10) throw new GarbageError('a number of more than ten bytes')
      half += (byte & 0x7f) * factor
      factor *= 128
      if (byte < 0x80) break
    }
    const value = low & 1 ? -half - 1 : half
    if (!Number.isSafeInteger(value)) throw new GarbageError('a number too large to be exact')
    return value
  }

  readFloat (): number { return this.buf.readFloatLE(this.#take(4)) }

  readDouble (): number { return this.buf.readDoubleLE(this.#take(8)) }

  readFixed (length: number): Buffer {
    const start = this.#take(length)
    return this.buf.subarray(start, this.pos)
  }

  readBytes (): Buffer { return this.readFixed(this.readLong()) }

  readString (): string {
    const start = this.#take(this.readLong())
    const text = (this.buf as TextBuffer).utf8Slice(start, this.pos)
    // Wrong bytes were replaced by U+FFFD; two ids must not become equal that way.
    if (text.includes('\ufffd') && !isUtf8(this.buf.subarray(start, this.pos))) throw new GarbageError('text that is not UTF-8')
    return text
  }

  // Number of items in the next block of an array; 0 ends it.
  readCount (): number {
    let count = this.readLong()
    if (count < 0) {
      count = -count
      this.readLong()
    }
    if (count > this.left()) throw new GarbageError('more items than bytes')
    return count
  }

  skipBoolean (): void { this.readBoolean() }
  skipInt (): void { this.readLong() }
  skipLong (): void { this.readLong() }
  skipFloat (): void { this.#take(4) }
  skipDouble (): void { this.#take(8) }
  skipFixed (length: number): void { this.#take(length) }
  skipBytes (): void { this.#take(this.readLong()) }
  skipString (): void { this.#take(this.readLong()) }

  #take (length: number): number {
    const start = this.pos
    if (length < 0 || length > this.buf.length - start) throw new GarbageError('a length beyond the end')
    this.pos = start + length
    return start
  }
}
