// Where a task goes on: the group's committed offsets, held against what the topics hold.
//
// Invariants:
//   O1. To be read only after fencing and claiming (step 7): until then another owner may still commit.
//   O2. A broker may forget a group's offsets (seen with Kafka 4.2.0, killed and started again while its machine was busy, and
//       an operator may reset them). What the changelog shows as taken is never taken again.
//   O3. A fetch never begins at an offset that the topic doesn't hold: kafkajs would overwrite the group's offset.
import type { Admin } from 'kafkajs'
import { CodedError } from '../errors.ts'
import type { TaskRoundErrorCode } from './failures.ts'
import type { RunnerLogger } from './options.ts'

export interface PositionsQuestion {
  readonly groupId: string
  readonly topics: readonly string[]
  readonly task: number
}

export async function readPositions (admin: Admin, { groupId, topics, task }: PositionsQuestion, logger: RunnerLogger): Promise<Map<string, number>> {
  const [committed, bounds] = await Promise.all([
    admin.fetchOffsets({ groupId, topics: [...topics] }),
    Promise.all(topics.map(topic => admin.fetchTopicOffsets(topic)))
  ])
  return new Map(topics.map((topic, i) => {
    const own = committed.find(offsets => offsets.topic === topic)?.partitions.find(({ partition }) => partition === task)
    const { low, high } = bounds[i]!.find(({ partition }) => partition === task)!
    return [topic, positionOf({ topic, task, committed: Number(own?.offset ?? -1), low: Number(low), high: Number(high) }, logger)]
  }))
}

/** The positions to go on from: the group's, or the changelog's where those lie behind it. */
export function heldAgainst (
  positions: ReadonlyMap<string, number>, taken: ReadonlyMap<string, number>, task: number, logger: RunnerLogger
): Map<string, number> {
  return new Map([...positions].map(([topic, committed]) => {
    const known = taken.get(topic) ?? 0
    if (known <= committed) return [topic, committed]
    logger.error({ topic, task, committed, known }, 'the group\'s offset is behind what the changelog shows as taken: the broker has lost it; goes on from the changelog')
    return [topic, known]
  }))
}

interface Found { readonly topic: string, readonly task: number, readonly committed: number, readonly low: number, readonly high: number }

export function positionOf (found: Found, logger: RunnerLogger): number {
  const { topic, committed, low, high } = found
  // Nothing was ever committed here.
  if (committed < 0) return low
  if (committed > high) {
    // Going on from any other offset would lose or double records: that is for an operator to decide.
    throw new CodedError<TaskRoundErrorCode>('POSITION_BEYOND_END', `the group's offset of ${topic} is ${committed}, but the topic ends at ${high}: it was made anew`)
  }
  if (committed < low) logger.error({ ...found }, 'records were deleted before they were read: retention is shorter than the outage was')
  return Math.max(committed, low)
}
