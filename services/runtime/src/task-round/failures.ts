// Why a task failed, and whose fault it is. Only what a record caused is searched for a poison record; all else is tried
// again as it is, because another record would have met the same.
import { CodedError } from '../errors.ts'

export const taskRoundErrorCodes = [
  'OPTIONS_INVALID', 'PARTITIONS_DIFFER', 'TASK_LOST', 'POSITION_BEYOND_END', 'RESTORE_STALLED',
  'LOGIC_FAILED', 'OUTPUT_INVALID', 'ROUND_TOO_LARGE', 'PRODUCE_FAILED', 'NOT_WRITTEN', 'KAFKA_TOO_OLD', 'NO_ANSWER'
] as const
export type TaskRoundErrorCode = typeof taskRoundErrorCodes[number]

/** How many rounds must fail before a poison record is searched; undefined: never, no record is to blame. */
export type Patience = number | undefined

const patience = 2
/** A topic that isn't there may just not be known yet: brokers learn of a new one, or of their own after a restart, late. */
const absentTopicPatience = 5

const refusedRecord = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP', 'INVALID_TOPIC_EXCEPTION'])
const refusedTopic = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED', 'KafkaJSMetadataNotLoaded'])

/** The list of causes ends here even if it goes round in a circle. */
const causesMax = 8

export function isTaskLost (error: unknown): boolean {
  return error instanceof CodedError && error.code === 'TASK_LOST'
}

export function taskLost (task: number): CodedError<TaskRoundErrorCode> {
  return new CodedError<TaskRoundErrorCode>('TASK_LOST', `task ${task} has another owner, or none`)
}

export function patienceWith (error: unknown): Patience {
  if (!(error instanceof CodedError)) return undefined
  switch (error.code as TaskRoundErrorCode) {
    // The logic says so itself when what failed was something that it uses, not a record.
    case 'LOGIC_FAILED': return isRetriable(error.cause) ? undefined : patience
    case 'OUTPUT_INVALID': case 'ROUND_TOO_LARGE': return patience
    case 'NOT_WRITTEN': return absentTopicPatience
    case 'PRODUCE_FAILED': return patienceWithRefusal(error)
    default: return undefined
  }
}

function patienceWithRefusal (error: Error): Patience {
  for (const name of namesOf(error)) {
    if (refusedRecord.has(name)) return patience
    if (refusedTopic.has(name)) return absentTopicPatience
  }
  return undefined
}

const isRetriable = (error: unknown): boolean => (error as { retriable?: unknown } | undefined)?.retriable === true

/** Types and names of an error and of its causes, as the client and the broker gave them. */
export function namesOf (error: unknown): string[] {
  const names: string[] = []
  let current = error as { readonly type?: unknown, readonly name?: unknown, readonly cause?: unknown } | undefined | null
  for (let depth = 0; depth < causesMax && current !== undefined && current !== null; depth++) {
    if (typeof current.type === 'string') names.push(current.type)
    if (typeof current.name === 'string') names.push(current.name)
    current = current.cause as typeof current
  }
  return names
}

export const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** For the log: what happened, and the broker's own word for it. */
export function reasonOf (error: unknown): string {
  const names = namesOf(error).filter(name => !/^(Error|CodedError|KafkaJS(Error|NonRetriableError|ProtocolError|NumberOfRetriesExceeded))$/.test(name))
  return [...new Set([...error instanceof CodedError ? [error.code] : [], ...names, messageOf(error)])].join(': ')
}
