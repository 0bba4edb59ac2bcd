export type CodecErrorCode = 'GARBAGE' | 'UNKNOWN_SCHEMA_ID' | 'WRONG_RECORD' | 'UNENCODABLE'

// Messages name fields, ids and sizes, never content: they end in audit events and logs.
export class CodecError extends Error {
  override readonly name = 'CodecError'
  readonly code: CodecErrorCode
  // Always false but for an id that `refresh` may find: the same bytes give the same answer.
  readonly retriable: boolean

  constructor (code: CodecErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retriable = code === 'UNKNOWN_SCHEMA_ID'
  }
}
