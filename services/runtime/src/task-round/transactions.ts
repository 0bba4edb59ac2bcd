// What a task writes, and in which transaction.
//
// Invariants:
//   X1. A round's transaction holds its outputs, its changelog, its deferred records, the positions of the inputs that it
//       took, and both low-water marks (step 11 of the loop).
//   X2. Offsets are sent before records, so that the transaction is open when records are: kafkajs adds partitions
//       broker by broker, and trying again after one broker's "the last transaction isn't complete yet" would send again
//       what another had already taken. Hence the marks are those that the round before has left; a mark that is too
//       low only means a longer fold.
//   X3. Nothing is produced twice: no produce request is tried again, and an error ends the round.
//   X4. A record for a partition that isn't there is an error: kafkajs leaves it out in silence, so answers are counted.
import { randomUUID } from 'node:crypto'
import type { ProducerBatch, RecordMetadata, Transaction } from 'kafkajs'
import { CodedError } from '../errors.ts'
import { messageOf, namesOf, type TaskRoundErrorCode } from './failures.ts'
import type { ResolvedOptions } from './options.ts'
import type { Wave } from './production.ts'
import { claimHeader } from './restore.ts'
import type { LowWater } from './task-logic.ts'

export interface Claim {
  readonly id: string
  readonly changelogOffset: number
  readonly deferredOffset: number
  readonly appendedAtMs: number
}

/** Step 6: says in the task's own topics that this owner has begun. Compaction keeps one claim a task. */
export async function commitClaim (task: number, transaction: Transaction, { changelogTopic, deferredTopic, instanceName }: ResolvedOptions): Promise<Claim> {
  const id = `${instanceName}/${randomUUID()}`
  const message = { key: `claim/${task}`, value: instanceName, partition: task, headers: { [claimHeader]: id } }
  const written = await transaction.sendBatch({ acks: -1, topicMessages: [changelogTopic, deferredTopic].map(topic => ({ topic, messages: [message] })) })
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

const completionWait = { firstMs: 1, mostMs: 20 }

/**
 * Step 11, first half. The id's last transaction may not be complete yet: its markers are written after its commit was
 * answered. Then nothing has begun, and the same is tried again, for as long as a transaction may take.
 */
export async function sendPositions (transaction: Transaction, task: number, { inputs, marks }: Positions, options: ResolvedOptions): Promise<void> {
  const { groupId, changelogTopic, deferredTopic, transactionTimeoutMs } = options
  const next = new Map([...inputs, [changelogTopic, marks.changelogOffset], [deferredTopic, marks.deferredOffset]])
  const topics = [...next].map(([topic, offset]) => ({ topic, partitions: [{ partition: task, offset: String(offset) }] }))
  const untilMs = performance.now() + transactionTimeoutMs
  for (let waitMs = completionWait.firstMs; ; waitMs = Math.min(2 * waitMs, completionWait.mostMs)) {
    try {
      await transaction.sendOffsets({ consumerGroupId: groupId, topics })
      return
    } catch (error) {
      if (!namesOf(error).includes('CONCURRENT_TRANSACTIONS') || performance.now() > untilMs) throw error
      await new Promise(resolve => setTimeout(resolve, waitMs))
    }
  }
}

/** Step 11, second half: the records, wave by wave. */
export async function sendRecords (transaction: Transaction, waves: readonly Wave[]): Promise<RecordMetadata[]> {
  const written: RecordMetadata[] = []
  for (const { topicMessages, partitions } of waves) {
    const answered = await produce(transaction, { acks: -1, topicMessages: [...topicMessages] })
    if (answered.length !== partitions) {
      const topics = topicMessages.map(({ topic }) => topic).join(', ')
      throw new CodedError<TaskRoundErrorCode>('NOT_WRITTEN', `${answered.length} of ${partitions} partitions took their records: one of ${topics} has no such partition`)
    }
    written.push(...answered)
  }
  return written
}

async function produce (transaction: Transaction, batch: ProducerBatch): Promise<RecordMetadata[]> {
  try {
    return await transaction.sendBatch(batch)
  } catch (error) {
    throw new CodedError<TaskRoundErrorCode>('PRODUCE_FAILED', `records were not taken: ${messageOf(error)}`, { cause: error })
  }
}

export function baseOffsetOf (written: readonly RecordMetadata[], topic: string, task: number): number {
  const metadata = written.find(({ topicName, partition }) => topicName === topic && partition === task)
  if (metadata?.baseOffset === undefined) throw new CodedError<TaskRoundErrorCode>('NOT_WRITTEN', `the broker did not say where it put the records of ${topic}`)
  return Number(metadata.baseOffset)
}

/** The broker's time of the append; undefined where the topic keeps its producers' time. */
export function appendTimeOf (written: readonly RecordMetadata[], topic: string): number | undefined {
  const time = written.find(({ topicName }) => topicName === topic)?.logAppendTime
  return time === undefined || Number(time) < 0 ? undefined : Number(time)
}
