// What a task writes, and in which transaction.
//
// Invariants:
//   X1. A round's transaction holds its outputs, its changelog, its deferred records, the positions of the inputs that it
//       took, and both low-water marks (step 11 of the loop).
//   X2. Positions leave with the records, not after them. Hence the marks are those that the round before has left; a mark that
//       is too low only means a longer fold.
//   X3. Nothing is written twice: a batch is sent again only when the broker said that the transaction could not begin yet,
//       and with its sequence; any other error ends the round.
//   X4. A record for a partition that isn't there is an error.
import { randomUUID } from 'node:crypto'
import type { PartitionOffset, Produced } from '../transaction-requests.ts'
import { CodedError } from '../errors.ts'
import type { TaskRoundErrorCode } from './failures.ts'
import type { ResolvedOptions } from './options.ts'
import type { TaskTransaction } from './task-transaction.ts'
import { claimHeader } from './restore.ts'
import type { LowWater } from './task-logic.ts'

export interface Claim {
  readonly id: string
  readonly changelogOffset: number
  readonly deferredOffset: number
  readonly appendedAtMs: number
}

/** Step 6: says in the task's own topics that this owner has begun. Compaction keeps one claim a task. */
export async function commitClaim (task: number, transaction: TaskTransaction, options: ResolvedOptions): Promise<Claim> {
  const { changelogTopic, deferredTopic, instanceName } = options
  const id = `${instanceName}/${randomUUID()}`
  const messages = [{ key: `claim/${task}`, value: instanceName, headers: { [claimHeader]: id } }]
  const written = await transaction.write([], [[changelogTopic, deferredTopic].map(topic => ({ topic, partition: task, messages }))])
  await transaction.commit()
  return {
    id,
    changelogOffset: baseOffsetOf(written, changelogTopic, task),
    deferredOffset: baseOffsetOf(written, deferredTopic, task),
    appendedAtMs: appendTimeOf(written, changelogTopic) ?? Date.now()
  }
}

export interface Positions {
  /** Next offset of each input topic that the round took from. */
  readonly inputs: ReadonlyMap<string, number>
  readonly marks: LowWater
}

export function offsetsOf ({ inputs, marks }: Positions, task: number, { changelogTopic, deferredTopic }: ResolvedOptions): PartitionOffset[] {
  const next = new Map([...inputs, [changelogTopic, marks.changelogOffset], [deferredTopic, marks.deferredOffset]])
  return [...next].map(([topic, offset]) => ({ topic, partition: task, offset }))
}

export function baseOffsetOf (written: readonly Produced[], topic: string, task: number): number {
  const found = written.find(one => one.topic === topic && one.partition === task)
  if (found === undefined) throw new CodedError<TaskRoundErrorCode>('NOT_WRITTEN', `the broker did not say where it put the records of ${topic}`)
  return found.baseOffset
}

/** The broker's time of the append; undefined where the topic keeps its producers' time. */
export const appendTimeOf = (written: readonly Produced[], topic: string): number | undefined => written.find(one => one.topic === topic)?.appendedAtMs
