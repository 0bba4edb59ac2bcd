// What a task runner is told, with defaults, each with the accident that its number prevents.
import type { Kafka } from 'kafkajs'
import { CodedError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { TaskRoundErrorCode } from './failures.ts'
import type { TaskLogic } from './task-logic.ts'

export type RunnerLogger = Pick<Logger, 'info' | 'warn' | 'error' | 'debug'>

/** One committed round. */
export interface RoundMetrics {
  readonly task: number
  readonly records: number
  /** How many of them came from each lane. */
  readonly laneRecords: readonly number[]
  readonly outputs: number
  /** From taking the records to the end of the commit. */
  readonly durationMs: number
}

/** `waiting` is a task that failed, until the group says that it is still ours. */
export type TaskStatus = 'waiting' | 'starting' | 'restoring' | 'running' | 'draining' | 'ended'

/** Places where a test may hold or break a task; each is awaited. */
export interface Faults {
  /** Before the given one of the task's transactional ids is fenced. */
  readonly beforeFence?: (task: number, id: number) => Promise<void>
  /** Records and offsets are sent, the transaction is open. */
  readonly insideTransaction?: (task: number) => Promise<void>
  readonly beforeCommit?: (task: number) => Promise<void>
  readonly afterCommit?: (task: number) => Promise<void>
}

export interface TaskRunnerOptions {
  /** Called for consumer, producers and admin apart, each with a client id of its own. */
  readonly kafka: (clientId: string) => Kafka
  readonly groupId: string
  /** Stable over restarts of this process: a restarted one waits until its former self has left the group. */
  readonly clientId: string
  readonly instanceName: string
  /** Ids are `${prefix}.${task}.${0..2}`. */
  readonly transactionalIdPrefix: string
  /** In order of urgency; the index is the lane. */
  readonly inputTopics: readonly string[]
  readonly changelogTopic: string
  readonly deferredTopic: string
  /** Partitions of each input topic, of the changelog and of the deferred topic. */
  readonly taskCount: number
  readonly createLogic: (task: number) => TaskLogic
  readonly logger: RunnerLogger
  /** Silence after which the group gives this member's tasks away. */
  readonly sessionTimeoutMs?: number
  readonly heartbeatIntervalMs?: number
  /** Age at which the broker aborts a transaction, and so the longest that a dead owner holds back readers. */
  readonly transactionTimeoutMs?: number
  /** Records of a round while lane 0 is alive. */
  readonly urgentRecordsMax?: number
  readonly roundRecordsMax?: number
  /** By lane: how long after a commit its records may wait for more, while fewer than `urgentRecordsMax` do. */
  readonly lingerGapsMs?: readonly number[]
  /** Records above which a lane is paused; it is resumed below half of it. */
  readonly laneRecordsMax?: number
  readonly maxWaitMs?: number
  readonly partitionBytesMax?: number
  /** Bytes that one round sends to one partition in one batch; below the topics' `max.message.bytes`, which holds for batches. */
  readonly batchBytesMax?: number
  readonly onRound?: (metrics: RoundMetrics) => void
  readonly onTaskState?: (task: number, status: TaskStatus) => void
  readonly faults?: Faults
}

export const runnerDefaults = {
  sessionTimeoutMs: 6_000,
  // A member learns of a rebalance with its next heartbeat, and until then the tasks of the one that went stand still.
  heartbeatIntervalMs: 250,
  // With the default of a minute, readers of every partition that a killed owner had open would wait for its successor.
  transactionTimeoutMs: 2_000,
  // An urgent record waits for the round before it: 100 records are about 4 ms, 500 about 15.
  urgentRecordsMax: 100,
  roundRecordsMax: 500,
  // A transaction costs 2 ms of CPU, here and at the broker, for one record as for a hundred.
  lingerGapsMs: [0, 5, 20, 50],
  maxWaitMs: 20,
  // A fetch is decoded in one piece, and what is decoded waits in front of an urgent record.
  partitionBytesMax: 32 * 1_024,
  // A topic's default bound is 1 MiB; the rest is for what is estimated.
  batchBytesMax: 900_000
} as const

/** Values and keys that one round takes, in all; each lane with records gives at least one. */
export const roundBytesMax = 512 * 1_024

/** Values and keys that a lane holds before it is paused, so that 1,000 records of a megabyte don't fill the memory. */
export const laneBytesMax = 4 * 1_024 * 1_024

type Optional = 'onRound' | 'onTaskState' | 'faults'
export type ResolvedOptions = Required<Omit<TaskRunnerOptions, Optional>> & Pick<TaskRunnerOptions, Optional>

export function resolveOptions (options: TaskRunnerOptions): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as unknown as TaskRunnerOptions
  const { roundRecordsMax } = { ...runnerDefaults, ...given }
  const urgentRecordsMax = Math.min(runnerDefaults.urgentRecordsMax, roundRecordsMax)
  // Two rounds: one can be taken while the next is fetched.
  const resolved = { ...runnerDefaults, urgentRecordsMax, laneRecordsMax: 2 * roundRecordsMax, ...given }
  const problems = problemsOf(resolved)
  if (problems.length > 0) throw new CodedError<TaskRoundErrorCode>('OPTIONS_INVALID', `the task runner's options are wrong: ${problems.join('; ')}`)
  return resolved
}

function problemsOf (options: ResolvedOptions): string[] {
  const { inputTopics, changelogTopic, deferredTopic, taskCount, sessionTimeoutMs, heartbeatIntervalMs } = options
  const { roundRecordsMax, urgentRecordsMax, laneRecordsMax } = options
  const problems: string[] = []
  const topics = [...inputTopics, changelogTopic, deferredTopic]
  if (inputTopics.length === 0) problems.push('no input topic')
  if (new Set(topics).size !== topics.length) problems.push('a topic is named twice')
  if (!Number.isInteger(taskCount) || taskCount < 1) problems.push(`taskCount is ${taskCount}`)
  if (heartbeatIntervalMs * 2 > sessionTimeoutMs) problems.push('heartbeatIntervalMs is more than half of sessionTimeoutMs')
  if (urgentRecordsMax < 1 || urgentRecordsMax > roundRecordsMax) problems.push('urgentRecordsMax is not between 1 and roundRecordsMax')
  if (laneRecordsMax < roundRecordsMax) problems.push('laneRecordsMax is below roundRecordsMax')
  return problems
}
