import type { Admin } from 'kafkajs'

export interface PartitionEnds {
  /** First offset that is still there. */
  readonly low: number
  /** Where the next record will be written. */
  readonly high: number
}

/** By partition. */
export type TopicEnds = ReadonlyMap<number, PartitionEnds>

export async function fetchTopicEnds (admin: Admin, topic: string): Promise<TopicEnds> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]))
}
