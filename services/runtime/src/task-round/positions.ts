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

/** Where a topic's partition is to be read on, and where it ends. */
export interface Position { readonly nextOffset: number, readonly endOffset: number }

export async function readPositions (admin: Admin, { groupId, topics, task }: PositionsQuestion, logger: RunnerLogger): Promise<Map<string, Position>> {
  const [committed, bounds] = await Promise.all([
    admin.fetchOffsets({ groupId, topics: [...topics] }),
    Promise.all(topics.map(topic => admin.fetchTopicOffsets(topic)))
  ])
  return new Map(topics.map((topic, i) => {
    const own = committed.find(offsets => offsets.topic === topic)?.partitions.find(({ partition }) => partition === task)
    const { low, high } = bounds[i]!.find(({ partition }) => partition === task)!
    const found = { topic, task, committed: Number(own?.offset ?? -1), low: Number(low), high: Number(high) }
    return [topic, { nextOffset: positionOf(found, logger), endOffset: found.high }]
  }))
}

/** The positions to go on from: the group's, or the changelog's where those lie behind it. */
export function heldAgainst (
  positions: ReadonlyMap<string, Position>, taken: ReadonlyMap<string, number>, task: number, logger: RunnerLogger
): Map<string, number> {
  return new Map([...positions].map(([topic, { nextOffset: committed, endOffset }]) => {
    const known = taken.get(topic) ?? 0
    if (known <= committed) return [topic, committed]
    if (known > endOffset) throw madeAnew(`the changelog shows records of ${topic} as taken up to ${known}`, endOffset)
    logger.error({ topic, task, committed, known }, 'the group\'s offset is behind what the changelog shows as taken: the broker has lost it; goes on from the changelog')
    return [topic, known]
  }))
}

/** Going on from any other offset would lose or double records: that is for an operator to decide. */
const madeAnew = (found: string, endOffset: number): CodedError<TaskRoundErrorCode> =>
  new CodedError('POSITION_BEYOND_END', `${found}, but the topic ends at ${endOffset}: it was made anew`)

interface Found { readonly topic: string, readonly task: number, readonly committed: number, readonly low: number, readonly high: number }

export function positionOf (found: Found, logger: RunnerLogger): number {
  const { topic, committed, low, high } = found
  // Nothing was ever committed here.
  if (committed < 0) return low
  if (committed > high) throw madeAnew(`the group's offset of ${topic} is ${committed}`, high)
  if (committed < low) logger.error({ ...found }, 'records were deleted before they were read: retention is shorter than the outage was')
  return Math.max(committed, low)
}
