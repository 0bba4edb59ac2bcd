// What a quota store answers; the contract suite holds for every kind of it.
import { CodedError } from '@mesh/runtime'
import type { QuotaLimits } from './core/quota-limits.ts'
import type { EpisodeAnswer, QuotaUsage, SlotAnswer, SlotRequest } from './core/slots.ts'

export interface QuotaStore {
  /** Answers in the order of the requests. Throws CodedError FENCED (retriable); never for trouble with Redis. */
  reserve (task: number, owner: number, requests: readonly SlotRequest[]): Promise<SlotAnswer[]>
  /** Whether the episode is over, which closes it; if not, when to ask again. */
  episode (source: string, episode: string, limits: QuotaLimits): Promise<EpisodeAnswer>
  /** What is known of each source that has sent lately; empty while shared counting is out of reach. */
  usage (): Promise<QuotaUsage[]>
  /** Why shared counting is out of reach, if it is. */
  problem (): string | undefined
  close (): Promise<void>
}

export type QuotaErrorCode = 'FENCED'

export const fenced = (task: number): CodedError<QuotaErrorCode> =>
  new CodedError('FENCED', `task ${task} has another owner, which came later`, { retriable: true })
