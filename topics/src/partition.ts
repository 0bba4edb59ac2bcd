import { murmur2 } from './murmur2.ts'

// The partition of a key, as Java's default partitioner and kafkajs's DefaultPartitioner choose it, so that any client
// writes a workflow to its own task.
export function partitionFor (key: string, partitionCount: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitionCount
}
