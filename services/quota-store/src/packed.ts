// MessagePack, as far as Redis's cmsgpack and this workspace need it (https://github.com/msgpack/msgpack/blob/master/spec.md):
// flat lists of numbers go in; lists of numbers, texts and false come out.

export type PackedValue = number | string | boolean | null | PackedValue[]

const doubleBytes = 9
const listHeadBytes = 5

export function packNumbers (numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(listHeadBytes + numbers.length * doubleBytes)
  bytes.writeUInt8(0xdd, 0)
  bytes.writeUInt32BE(numbers.length, 1)
  let at = listHeadBytes
  for (const number of numbers) {
    bytes[at] = 0xcb
    bytes.writeDoubleBE(number, at + 1)
    at += doubleBytes
  }
  return bytes
}

export function unpack (bytes: Buffer): PackedValue {
  return new Unpacking(bytes).value()
}

class Unpacking {
  readonly #bytes: Buffer
  #at = 0

  constructor (bytes: Buffer) { this.#bytes = bytes }

  value (): PackedValue {
    const type = this.#bytes.readUInt8(this.#at++)
    if (type < 0x80) return type
    if (type >= 0xe0) return type - 0x100
    if (type >= 0xa0 && type < 0xc0) return this.#text(type & 0x1f)
    if (type >= 0x90 && type < 0xa0) return this.#list(type & 0x0f)
    switch (type) {
      case 0xc0: return null
      case 0xc2: return false
      case 0xc3: return true
      case 0xca: return this.#bytes.readFloatBE(this.#past(4))
      case 0xcb: return this.#bytes.readDoubleBE(this.#past(8))
      case 0xcc: return this.#bytes.readUInt8(this.#past(1))
      case 0xcd: return this.#bytes.readUInt16BE(this.#past(2))
      case 0xce: return this.#bytes.readUInt32BE(this.#past(4))
      case 0xcf: return this.#wide(this.#bytes.readUInt32BE(this.#past(4)))
      case 0xd0: return this.#bytes.readInt8(this.#past(1))
      case 0xd1: return this.#bytes.readInt16BE(this.#past(2))
      case 0xd2: return this.#bytes.readInt32BE(this.#past(4))
      case 0xd3: return this.#wide(this.#bytes.readInt32BE(this.#past(4)))
      case 0xd9: return this.#text(this.#bytes.readUInt8(this.#past(1)))
      case 0xda: return this.#text(this.#bytes.readUInt16BE(this.#past(2)))
      case 0xdc: return this.#list(this.#bytes.readUInt16BE(this.#past(2)))
      case 0xdd: return this.#list(this.#bytes.readUInt32BE(this.#past(4)))
      default: throw new RangeError(`MessagePack type 0x${type.toString(16)} isn't one that is written here`)
    }
  }

  #past (count: number): number {
    const at = this.#at
    this.#at += count
    return at
  }

  /** Exact up to 2^53. */
  #wide (high: number): number { return high * 0x1_0000_0000 + this.#bytes.readUInt32BE(this.#past(4)) }

  #text (length: number): string {
    const at = this.#past(length)
    return this.#bytes.toString('utf8', at, at + length)
  }

  #list (length: number): PackedValue[] {
    const list: PackedValue[] = []
    for (let i = 0; i < length; i++) list.push(this.value())
    return list
  }
}
