// Java's murmur2 of the first bytes, as every Kafka client's default partitioner has it, in 32-bit integers.
const seed = 0x9747b28c
const multiplier = 0x5bd1e995

export function murmur2 (data: Uint8Array, length = data.length): number {
  const tail = length & ~3
  let hash = seed ^ length
  for (let index = 0; index < tail; index += 4) {
    let word = data[index]! | data[index + 1]! << 8 | data[index + 2]! << 16 | data[index + 3]! << 24
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    word = Math.imul(word, multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  const left = length - tail
  if (left === 3) hash ^= data[tail + 2]! << 16
  if (left >= 2) hash ^= data[tail + 1]! << 8
  if (left >= 1) {
    hash ^= data[tail]!
    hash = Math.imul(hash, multiplier)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ hash >>> 15
}
