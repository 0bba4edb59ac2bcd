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

export const runtimeErrorCodes = ['CONFIG_INVALID', 'QUEUE_FULL', 'SEND_FAILED', 'CLOSED', 'READ_STALLED', 'CLIENT_VERSION', 'TASK_LOST'] as const
export type RuntimeErrorCode = typeof runtimeErrorCodes[number]
