// A question for one slot, and its answer.
import type { QuotaLimits } from './quota-limits.ts'

export type RefusalReason = 'backlog' | 'deadline'

export interface SlotRequest {
  /** Ingress position in its task. */
  readonly lane: number
  readonly offset: number
  readonly source: string
  /** P0, which has a bucket of its own. */
  readonly isUrgent: boolean
  readonly limits: QuotaLimits
  /** A slot later than this is of no use and is not reserved; null for any. */
  readonly delayMsMax: number | null
  /** How long the last one of this source and bucket that waits in this task still waits: a count that was lost goes on behind it. */
  readonly behindMs?: number
}

export type SlotAnswer =
  | {
    readonly outcome: 'granted'
    readonly delayMs: number
    /** Slots still ahead in its bucket, this one included. */
    readonly backlogRecords: number
    readonly clearsInMs: number
    /** Set for the one reservation that opened a slow-down episode. */
    readonly episode: string | null
    readonly isLocal: boolean
  }
  | {
    readonly outcome: 'refused'
    /** Too many wait already, or its slot would come too late for it. */
    readonly reason: RefusalReason
    /** Until one more may wait; until the slot that would have been its own. */
    readonly retryAfterMs: number
    readonly backlogRecords: number
    readonly isLocal: boolean
  }

export interface QuotaUsage {
  readonly source: string
  /** Of the burst. */
  readonly usedRecords: number
  readonly backlogRecords: number
  readonly clearsInMs: number
  readonly hasEpisode: boolean
}

export interface EpisodeAnswer {
  readonly isCleared: boolean
  readonly clearsInMs: number
}
