// The archive holds each committed audit event once, as it was decided, and nothing else.
import { type Anomaly, found, type Rule } from './anomaly.ts'
import { committed, entriesOf, grouped, type Of } from './grouping.ts'
import type { History } from './history.ts'

const name = 'archive'

export const archive: Rule = { name, promise: 'the archive holds each event once and nothing else', check }

const factsOf = ({ decision, outcome, id }: Pick<Of<'archived'>, 'decision' | 'outcome' | 'id'>): string => `${decision} ${outcome} ${id}`

function check (history: History): Anomaly[] {
  const events = new Map(committed(history, 'audit').filter(({ decision }) => decision !== 'restated').map(event => [event.eventId, event]))
  const undecided = new Set([...committed(history, 'audit', 'aborted'), ...committed(history, 'audit', 'open')].map(({ eventId }) => eventId))
  const rows = grouped(entriesOf(history, 'archived'), ({ eventId }) => eventId)
  const anomalies: Anomaly[] = []
  for (const [eventId, event] of events) if (!rows.has(eventId)) anomalies.push(found(name, 'missing-audit', eventId, 'the event is not in the archive', event.id))
  for (const [eventId, same] of rows) {
    const event = events.get(eventId)
    const wrong = same.find(row => event === undefined || factsOf(row) !== factsOf(event) || row.atMs !== event.decidedAtMs)
    if (wrong !== undefined && undecided.has(eventId)) anomalies.push(found(name, 'aborted-seen', eventId, 'the archive holds an event of an aborted transaction', wrong.id))
    else if (event === undefined) anomalies.push(found(name, 'invented', eventId, 'the archive holds an event that is not on the topic', same[0]!.id))
    else if (wrong !== undefined) anomalies.push(found(name, 'corrupted', eventId, `the archive says ${factsOf(wrong)}, the topic ${factsOf(event)}`, event.id))
    else if (same.length > 1) anomalies.push(found(name, 'duplicated', eventId, `${same.length} rows hold the event`, event.id))
  }
  return anomalies
}
