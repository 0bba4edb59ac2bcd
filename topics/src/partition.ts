import { murmur2 } from './murmur2.ts'

const scratch = new Uint8Array(1_024)

/**
 * The partition of a key, as Java's default partitioner and kafkajs's DefaultPartitioner choose it, so that any client writes a
 * workflow to its own task.
 */
export function partitionFor (key: string, partitionCount: number): number {
  return (hashOf(key) & 0x7fffffff) % partitionCount
}

/** Of its UTF-8 bytes, without a buffer for each key where they are its characters. */
function hashOf (key: string): number {
  const { length } = key
  if (length > scratch.length) return murmur2(Buffer.from(key))
  for (let index = 0; index < length; index++) {
    const code = key.charCodeAt(index)
    if (code > 127) return murmur2(Buffer.from(key))
    scratch[index] = code
  }
  return murmur2(scratch, length)
}
