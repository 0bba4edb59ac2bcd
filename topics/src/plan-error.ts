export type TopicPlanErrorCode = 'NEEDS_FLAG' | 'CREATE_FAILED' | 'NO_LEADER' | 'NOT_SHOWN' | 'PARTITIONS_DIFFER'

export class TopicPlanError extends Error {
  override readonly name = 'TopicPlanError'
  readonly code: TopicPlanErrorCode
  readonly retriable: boolean

  constructor (code: TopicPlanErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retriable = code !== 'NEEDS_FLAG' && code !== 'PARTITIONS_DIFFER'
  }
}
