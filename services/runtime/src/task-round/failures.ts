// Whose fault is a failed round: a record's, or the way's to the broker? Only the first is bisected; the second is tried
// again as it is, because another record would have met the same.

interface ClientError { readonly type?: unknown, readonly cause?: unknown, readonly retriable?: unknown }

const recordErrors = new Set([
  'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'CORRUPT_MESSAGE', 'INVALID_TIMESTAMP', 'INVALID_TOPIC_EXCEPTION',
  'UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED', 'INVALID_PARTITIONS'
])

/** The logic itself threw: nothing was sent. */
export class PlanFailed extends Error {
  override readonly name = 'PlanFailed'

  constructor (cause: unknown) { super(`planning failed: ${messageOf(cause)}`, { cause }) }
}

/** This owner lost its task while it was waiting for something. */
export class TaskLost extends Error {
  override readonly name = 'TaskLost'
}

export function isRecordsFault (error: unknown): boolean {
  if (error instanceof PlanFailed || error instanceof TypeError || error instanceof RangeError) return true
  const { type, cause } = error as ClientError
  if (typeof type === 'string' && recordErrors.has(type)) return true
  return cause !== undefined && cause !== null && isRecordsFault(cause)
}

export const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)
