import type { Kafka } from 'kafkajs'
import type { Logger } from '../logger.ts'
import type { TaskLogic } from './task-logic.ts'

export interface RoundMetrics {
  readonly task: number
  readonly records: number
  readonly outputs: number
  readonly durationMs: number
}

/** Places where a test may hold or break a round; each is awaited. */
export interface Faults {
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
  readonly transactionalIdPrefix: string
  /** In order of urgency; the index is the lane. */
  readonly inputTopics: readonly string[]
  readonly changelogTopic: string
  readonly deferredTopic: string
  readonly taskCount: number
  readonly createLogic: (task: number) => TaskLogic
  readonly logger: Logger
  /** Silence after which the group gives this member's tasks away. */
  readonly sessionTimeoutMs?: number
  readonly heartbeatIntervalMs?: number
  /** Age at which the broker aborts a transaction, and so the longest that a dead owner holds back readers. */
  readonly transactionTimeoutMs?: number
  readonly urgentRecordsMax?: number
  readonly roundRecordsMax?: number
  readonly maxWaitMs?: number
  readonly partitionBytesMax?: number
  readonly onRound?: (metrics: RoundMetrics) => void
  readonly faults?: Faults
}

export const runnerDefaults = {
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 500,
  transactionTimeoutMs: 2_000,
  urgentRecordsMax: 100,
  roundRecordsMax: 500,
  maxWaitMs: 20,
  // Small fetches keep what is buffered in front of an urgent record small.
  partitionBytesMax: 32 * 1_024
} as const

/**
 * Values in one round, in all. A producer sends one batch a partition, and the broker's bound holds for the batch; half
 * a megabyte leaves room for what the logic wraps around it.
 */
export const roundBytesMax = 512 * 1_024

/** Fetched values that a lane holds. */
export const laneBytesMax = 4 * 1_024 * 1_024

export type ResolvedOptions = Required<Omit<TaskRunnerOptions, 'onRound' | 'faults'>> & Pick<TaskRunnerOptions, 'onRound' | 'faults'>

export const resolveOptions = (options: TaskRunnerOptions): ResolvedOptions => ({ ...runnerDefaults, ...options })
