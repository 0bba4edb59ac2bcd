// One family of errors: a code from a closed list, and whether trying again may help.

/**
 * An error with a code from the caller's closed list.
 *
 * @example throw new CodedError('QUEUE_FULL', 'the send queue is full', { retriable: true })
 */
export class CodedError<C extends string = string> extends Error {
  override readonly name = 'CodedError'
  readonly code: C
  readonly retriable: boolean

  constructor (code: C, message: string, options: { readonly retriable?: boolean, readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retriable = options.retriable ?? false
  }
}

/** Each code the runtime itself uses, with what happened; the README's table is held to it by a test. */
export const runtimeErrors = {
  CONFIG_INVALID: 'Settings are missing or wrong; the message lists all of them.',
  QUEUE_FULL: 'The sender\'s queue is at its bound; the record was not taken. Retriable.',
  SEND_FAILED: 'The broker did not acknowledge the record after all retries; it may have been written all the same. Retriable unless the broker refused it.',
  CLOSED: 'The sender was closed before the record was sent.',
  READ_STALLED: 'A topic could not be read, to its end or where it was asked for, or a reader could not join, within its bound. Retriable.',
  UNKNOWN_PARTITION: 'The topic has no such partition. Retriable, because a topic just made may not be known everywhere.',
  CLIENT_VERSION: 'Another version of kafkajs is installed than the one that what reaches into it was checked with.',
  PIPELINE_BROKEN: 'A step of a pipeline answered for more or fewer records than it was given.'
} as const

export type RuntimeErrorCode = keyof typeof runtimeErrors
export const runtimeErrorCodes = Object.keys(runtimeErrors) as readonly RuntimeErrorCode[]
