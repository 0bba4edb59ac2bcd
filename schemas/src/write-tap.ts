// What avsc writes through: one slab for all records, grown when a record doesn't fit, and a copy of what was written.
//
// W1. Writing past the end does nothing but move the position; the caller grows the slab and writes again.
// W2. What is returned is never written to again: the slab is ours alone.
// Node's own, faster than write for short text, and missing from its types.
type TextBuffer = Buffer & { utf8Write (text: string, start: number, bytes: number): number }

export class WriteTap {
  buf: Buffer
  pos: number

  constructor (bytes: number) {
    this.buf = Buffer.allocUnsafeSlow(bytes)
    this.pos = 0
  }

  fits (): boolean { return this.pos <= this.buf.length }

  grow (): void {
    this.buf = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(this.pos)))
  }

  copy (): Buffer {
    const bytes = Buffer.allocUnsafe(this.pos)
    this.buf.copy(bytes, 0, 0, this.pos)
    return bytes
  }

  writeBoolean (value: boolean): void { this.buf[this.pos++] = value ? 1 : 0 }

  writeInt (value: number): void { this.writeLong(value) }

  writeLong (value: number): void {
    const buf = this.buf
    if (value >= -0x40000000 && value < 0x40000000) {
      let bits = ((value << 1) ^ (value >> 31)) >>> 0
      while (bits > 0x7f) {
        buf[this.pos++] = (bits & 0x7f) | 0x80
        bits >>>= 7
      }
      buf[this.pos++] = bits
      return
    }
    // The sign is the lowest bit; twice a large number would no longer be exact, so the rest is written from its half.
    const half = value >= 0 ? value : -(value + 1)
    buf[this.pos++] = (half % 64 << 1) | (value >= 0 ? 0 : 1) | 0x80
    let wide = Math.floor(half / 64)
    while (wide >= 0x80) {
      buf[this.pos++] = (wide % 0x80) | 0x80
      wide = Math.floor(wide / 0x80)
    }
    buf[this.pos++] = wide
  }

  writeFloat (value: number): void {
    const start = this.#take(4)
    if (this.fits()) this.buf.writeFloatLE(value, start)
  }

  writeDouble (value: number): void {
    const start = this.#take(8)
    if (this.fits()) this.buf.writeDoubleLE(value, start)
  }

  writeFixed (bytes: Buffer, length = bytes.length): void {
    const start = this.#take(length)
    if (this.fits()) bytes.copy(this.buf, start, 0, length)
  }

  writeBytes (bytes: Buffer): void {
    this.writeLong(bytes.length)
    this.writeFixed(bytes)
  }

  // Unlike avsc's, a lone surrogate becomes U+FFFD, so that what is written is always UTF-8.
  writeString (text: string): void {
    const length = text.length
    if (length < 48 && this.#writeAscii(text, length)) return
    const bytes = Buffer.byteLength(text)
    this.writeLong(bytes)
    const start = this.#take(bytes)
    if (this.fits()) (this.buf as TextBuffer).utf8Write(text, start, bytes)
  }

  // Short ids and names: a loop is faster than a call into C++. Gives up, with nothing written, at the first other character.
  #writeAscii (text: string, length: number): boolean {
    const start = this.pos
    this.writeLong(length)
    const buf = this.buf
    let pos = this.pos
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) {
        this.pos = start
        return false
      }
      buf[pos++] = code
    }
    this.pos = pos
    return true
  }

  // A default that avsc encoded ahead.
  writeBinary (text: string, length: number): void {
    const start = this.#take(length)
    if (this.fits()) this.buf.write(text, start, length, 'latin1')
  }

  #take (length: number): number {
    const start = this.pos
    this.pos += length
    return start
  }
}
