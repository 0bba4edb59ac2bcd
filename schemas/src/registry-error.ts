export type SchemaRegistryErrorCode = 'UNREACHABLE' | 'INCOMPATIBLE' | 'REFUSED'

export class SchemaRegistryError extends Error {
  override readonly name = 'SchemaRegistryError'
  readonly code: SchemaRegistryErrorCode
  readonly retriable: boolean

  constructor (code: SchemaRegistryErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retriable = code === 'UNREACHABLE'
  }
}
