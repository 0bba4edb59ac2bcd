// CRC-32C (Castagnoli), as Kafka checks its batches with. Four bytes a step, which is about three times as fast as one.

const polynomial = 0x82f63b78
const tables = tablesOf(4)

function tablesOf (count: number): readonly Int32Array[] {
  const first = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? crc >>> 1 ^ polynomial : crc >>> 1
    first[byte] = crc
  }
  const made = [first]
  for (let i = 1; i < count; i++) made.push(made[i - 1]!.map(crc => crc >>> 8 ^ first[crc & 0xff]!))
  return made
}

/** Checksum of the bytes from `start` up to `end`. */
export function crc32c (bytes: Uint8Array, start: number, end: number): number {
  const [t0, t1, t2, t3] = tables as [Int32Array, Int32Array, Int32Array, Int32Array]
  let crc = -1
  let at = start
  for (; at + 4 <= end; at += 4) {
    crc ^= bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24
    crc = t3[crc & 0xff]! ^ t2[crc >>> 8 & 0xff]! ^ t1[crc >>> 16 & 0xff]! ^ t0[crc >>> 24]!
  }
  for (; at < end; at++) crc = crc >>> 8 ^ t0[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}
