import type { Admin } from 'kafkajs'
import { backoffMs } from './backoff.ts'

export interface PartitionEnds {
  /** First offset that is still there. */
  readonly low: number
  /** Where the next record will be written. */
  readonly high: number
}

/** By partition. */
export type TopicEnds = ReadonlyMap<number, PartitionEnds>

// kafkajs asks once. The leader of a partition just made, or moved, doesn't know of it for some milliseconds.
const pause = { firstMs: 20, mostMs: 500 }
const attemptsMax = 12

export async function fetchTopicEnds (admin: Admin, topic: string): Promise<TopicEnds> {
  for (let attempt = 1; ; attempt++) {
    try {
      const offsets = await admin.fetchTopicOffsets(topic)
      return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]))
    } catch (error) {
      if (attempt >= attemptsMax || !isLeaderUnknown(error)) throw error
      await new Promise(resolve => setTimeout(resolve, backoffMs(attempt, pause, Math.random())))
    }
  }
}

const isLeaderUnknown = (error: unknown): boolean => (error as { readonly type?: unknown }).type === 'NOT_LEADER_FOR_PARTITION'
