// What follows from what the quota answered about one dispatch. Counting is elsewhere (@mesh/quota-store).
import type { QuotaLimits, SlotAnswer } from '@mesh/quota-store/limits'
import type { AuditEvent, QuotaUse } from '@mesh/schemas'

export const quotaUse = ({ quotaId, ratePerS, burst }: QuotaLimits, slot: SlotAnswer): QuotaUse => ({
  quotaId, ratePerS, burst, backlogRecords: slot.backlogRecords, isLocal: slot.isLocal,
  delayMs: Math.ceil(slot.outcome === 'granted' ? slot.delayMs : slot.retryAfterMs),
  episode: slot.outcome === 'granted' ? slot.episode : null
})

/** A time in which a source is over its quota, from its first dispatch that has to wait until nothing of it waits. */
export interface Episode {
  readonly id: string
  readonly source: string
  readonly quotaId: string
  /** When it was expected to be over, told by the quota as it opened. */
  readonly clearsAtMs: number
  /** Changelog offset that a restore must reach back to. */
  readonly offset: number
}

/** The episode that an event opens, if it does: on the dispatch that was the first to wait, or written again. */
export function episodeOf (event: AuditEvent, offset: number): Episode | undefined {
  const { quota, source } = event
  if (quota === null || quota.episode === null || source === null || event.decision === 'cleared') return undefined
  return { id: quota.episode, source, quotaId: quota.quotaId, clearsAtMs: event.atMs + quota.delayMs, offset }
}
