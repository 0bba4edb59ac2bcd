// The end of an episode over the quota: its source is told once that nothing waits any more.
import type { AuditEvent } from '@mesh/schemas'
import { blankEvent } from './audit-events.ts'
import { clearedNotices } from './notices.ts'
import type { Episode } from './quota.ts'
import type { Rules, Verdict } from './verdict.ts'

export function decideCleared (episode: Episode, rules: Rules): Verdict {
  const event = { ...episodeEvent(episode, rules), decision: 'cleared' as const }
  const source = rules.control.agents.get(episode.source)?.registration
  return { events: [event], notices: source === undefined ? [] : clearedNotices(event, source, rules.names) }
}

/** An episode that lies too far back in the changelog, to be written again. */
export function restateEpisode (episode: Episode, changelogNextOffset: number, rules: Pick<Rules, 'context'>): AuditEvent {
  const event = episodeEvent(episode, rules)
  return { ...event, eventId: `${event.eventId}/restated/${changelogNextOffset}`, decision: 'restated' }
}

function episodeEvent ({ id, source, quotaId, clearsAtMs }: Episode, { context }: Pick<Rules, 'context'>): Omit<AuditEvent, 'decision'> {
  const quota = { quotaId, ratePerS: 0, burst: 0, delayMs: Math.max(0, clearsAtMs - context.nowMs), backlogRecords: 0, isLocal: false, episode: id }
  return { ...blankEvent(context), eventId: `task/${context.task}/quota/${source}/${id}`, source, quota }
}
