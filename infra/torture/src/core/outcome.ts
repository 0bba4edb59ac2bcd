// What was let in has exactly one outcome, and who asked is told exactly once.
import { type Anomaly, found, type Rule } from './anomaly.ts'
import { committed, grouped, type Of } from './grouping.ts'
import { type History, placeOf } from './history.ts'

const name = 'outcome'

export const outcome: Rule = { name, promise: 'what was let in has one outcome, and who asked is told once', check }

/** A repeat under an idempotency key waits for the first one's outcome. */
const isLetIn = ({ decision, reason }: Of<'audit'>): boolean => decision === 'delivered' || decision === 'deferred' || reason === 'IDEMPOTENT_REPEAT'
/** Notices that end a request; those about a repeat don't. */
const endingNotices: ReadonlySet<string> = new Set(['refused', 'timed_out', 'fallback'])
const aboutRepeats: ReadonlySet<string> = new Set(['DUPLICATE', 'DUPLICATE_CONFLICT'])

interface Known {
  readonly eventsOf: ReadonlyMap<string, readonly Of<'audit'>[]>
  readonly toldOf: ReadonlyMap<string, number>
}

function check (history: History): Anomaly[] {
  const events = committed(history, 'audit').filter(({ decision }) => decision !== 'restated')
  const asked = committed(history, 'ingress').filter(({ dispatch }) => dispatch?.type === 'request' || dispatch?.type === 'event')
  const known = { eventsOf: grouped(events, ({ id }) => id), toldOf: tellings(history) }
  return [...grouped(asked, ({ dispatch }) => dispatch!.id)].flatMap(([id, records]) => judge(id, records, known))
}

/** How often each request's source was told its end. */
function tellings (history: History): Map<string, number> {
  const told = new Map<string, number>()
  const tell = (id: string) => told.set(id, (told.get(id) ?? 0) + 1)
  for (const { to, answers, type } of committed(history, 'delivery')) if (to === 'answers' && answers !== null && (type === 'response' || type === 'error')) tell(answers)
  for (const { type, id, code } of committed(history, 'notice')) if (endingNotices.has(type) && !aboutRepeats.has(code)) tell(id)
  return told
}

function judge (id: string, records: readonly Of<'ingress'>[], { eventsOf, toldOf }: Known): Anomaly[] {
  const events = eventsOf.get(id) ?? []
  const places = new Set(records.map(placeOf))
  const admissions = events.filter(({ eventId }) => places.has(eventId))
  const isRequest = records[0]!.dispatch!.type === 'request'
  const letIn = admissions.filter(event => isLetIn(event) && (isRequest || event.outcome === null))
  const redriven = records.filter(({ dispatch }) => dispatch!.isRedriven).length
  const admitted = admissions.filter(isLetIn).length
  const anomalies: Anomaly[] = []
  if (admitted > 1 + redriven) anomalies.push(found(name, 'duplicated', id, `let in ${admitted} times`, ...places))
  // What is kept for an operator has ended otherwise: an event when it was passed on, a request in failure.
  const ends = events.filter(({ eventId, decision, outcome: end }) => end !== null && !places.has(eventId) && decision !== 'dead_lettered')
  if (ends.length < letIn.length) anomalies.push(found(name, 'missing-outcome', id, `let in (${letIn.map(({ decision }) => decision).join(', ')}), and nothing says how it ended`, ...places))
  if (ends.length > letIn.length) anomalies.push(found(name, 'double-outcome', id, `ended ${ends.length} times: ${ends.map(({ decision, outcome: end }) => `${decision} ${end}`).join(', ')}`, ...places))
  if (!isRequest || letIn.length === 0 || records[0]!.dispatch!.replyPartition === null) return anomalies
  const told = toldOf.get(id) ?? 0
  const isCancelled = ends.some(({ outcome: end }) => end === 'cancelled')
  if (told === 0 && ends.length > 0 && !isCancelled) anomalies.push(found(name, 'lost', id, `it ended (${ends[0]!.decision}), and its source was not told`, ...places))
  if (told > letIn.length + records.length - admitted) anomalies.push(found(name, 'double-outcome', id, `its source was told ${told} times how it ended`, ...places))
  return anomalies
}
