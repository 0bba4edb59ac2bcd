// What a task writes, and in which transaction.
import { randomUUID } from 'node:crypto'
import type { Message, RecordMetadata, TopicMessages } from 'kafkajs'
import { PlanFailed } from './failures.ts'
import type { ResolvedOptions } from './options.ts'
import type { ProducerRotation } from './producer-rotation.ts'
import { claimHeader } from './restore.ts'
import type { InputRecord, KeyedRecord, LowWater, Produced, RoundPlan, TaskLogic } from './task-logic.ts'

export interface Claim {
  readonly id: string
  readonly changelogOffset: number
  readonly deferredOffset: number
  readonly appendedAtMs: number
}

/** Step 6: says in the task's own topics that this owner has begun. Compaction keeps one claim a task. */
export async function commitClaim (task: number, producers: ProducerRotation, options: ResolvedOptions): Promise<Claim> {
  const { changelogTopic, deferredTopic, instanceName } = options
  const id = `${instanceName}/${randomUUID()}`
  const message: Message = { key: `claim/${task}`, value: instanceName, partition: task, headers: { [claimHeader]: id } }
  const transaction = await producers.begin()
  const written = await transaction.sendBatch({ acks: -1, topicMessages: [changelogTopic, deferredTopic].map(topic => ({ topic, messages: [message] })) })
  await transaction.commit()
  return {
    id, appendedAtMs: appendTimeOf(written) ?? Date.now(),
    changelogOffset: baseOffset(written, changelogTopic, task), deferredOffset: baseOffset(written, deferredTopic, task)
  }
}

export async function planRound (logic: TaskLogic, records: readonly InputRecord[], nowMs: number, poison: boolean): Promise<RoundPlan> {
  const [only] = records
  try {
    if (poison && only !== undefined) return logic.poisoned(only, new Error('its round failed again and again'))
    return await logic.plan(records, nowMs)
  } catch (error) {
    throw new PlanFailed(error)
  }
}

export interface RoundToCommit {
  readonly task: number
  readonly plan: RoundPlan
  readonly records: readonly InputRecord[]
  readonly logic: TaskLogic
  readonly producers: ProducerRotation
  readonly options: ResolvedOptions
  readonly checkOwned: () => void
}

/** Step 11: everything of the round, visible together or not at all. */
export async function commitRound (round: RoundToCommit): Promise<{ appendedAtMs: number | undefined }> {
  const { task, plan, records, logic, producers, options, checkOwned } = round
  const { faults, groupId, changelogTopic, deferredTopic } = options
  const topicMessages = messagesOf(plan, task, options)
  if (topicMessages.length === 0 && records.length === 0) return { appendedAtMs: undefined }
  const transaction = await producers.begin()
  checkOwned()
  const written = topicMessages.length === 0 ? [] : await transaction.sendBatch({ acks: -1, topicMessages })
  const appendedAtMs = appendTimeOf(written)
  if (faults?.insideTransaction !== undefined) await faults.insideTransaction(task)
  const produced: Produced = {
    changelogBaseOffset: plan.changelog.length === 0 ? -1 : baseOffset(written, changelogTopic, task),
    deferredBaseOffset: plan.deferred.length === 0 ? -1 : baseOffset(written, deferredTopic, task),
    appendedAtMs: appendedAtMs ?? -1
  }
  const lowWater = logic.applied(plan, produced)
  await transaction.sendOffsets({ consumerGroupId: groupId, topics: offsetsOf(records, lowWater, task, options) })
  if (faults?.beforeCommit !== undefined) await faults.beforeCommit(task)
  await transaction.commit()
  if (faults?.afterCommit !== undefined) await faults.afterCommit(task)
  return { appendedAtMs }
}

function messagesOf (plan: RoundPlan, task: number, { changelogTopic, deferredTopic }: ResolvedOptions): TopicMessages[] {
  const topics = new Map<string, Message[]>()
  for (const { topic, partition, key, value, headers } of plan.outputs) {
    const message: Message = headers === undefined ? { key, value, partition } : { key, value, partition, headers }
    const messages = topics.get(topic)
    if (messages === undefined) topics.set(topic, [message])
    else messages.push(message)
  }
  const own = ({ key, value }: KeyedRecord): Message => ({ key, value, partition: task })
  if (plan.changelog.length > 0) topics.set(changelogTopic, plan.changelog.map(own))
  if (plan.deferred.length > 0) topics.set(deferredTopic, plan.deferred.map(own))
  return [...topics].map(([topic, messages]) => ({ topic, messages }))
}

function offsetsOf (records: readonly InputRecord[], lowWater: LowWater, task: number, { changelogTopic, deferredTopic }: ResolvedOptions) {
  const next = new Map<string, number>([[changelogTopic, lowWater.changelogOffset], [deferredTopic, lowWater.deferredOffset]])
  for (const { topic, offset } of records) next.set(topic, Math.max(next.get(topic) ?? 0, offset + 1))
  return [...next].map(([topic, offset]) => ({ topic, partitions: [{ partition: task, offset: String(offset) }] }))
}

function baseOffset (written: readonly RecordMetadata[], topic: string, task: number): number {
  const metadata = written.find(({ topicName, partition }) => topicName === topic && partition === task)
  if (metadata?.baseOffset === undefined) throw new Error(`the broker did not say where it put the records of ${topic}`)
  return Number(metadata.baseOffset)
}

/** Where a topic has LogAppendTime the broker answers it; -1 otherwise. */
function appendTimeOf (written: readonly RecordMetadata[]): number | undefined {
  let latestMs = -1
  for (const { logAppendTime } of written) latestMs = Math.max(latestMs, Number(logAppendTime ?? -1))
  return latestMs < 0 ? undefined : latestMs
}
