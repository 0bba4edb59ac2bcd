// Every record on a dispatch topic has exactly one admission event, and no event speaks of a record that isn't there.
import { type Anomaly, found, type Rule } from './anomaly.ts'
import { committed, grouped } from './grouping.ts'
import { type History, placeOf } from './history.ts'

const name = 'admission'

export const admission: Rule = { name, promise: 'each ingress record has one admission event, whatever it holds; what can not be read is a dead letter once', check }

const dispatchPlace = /\.dispatch\.p\d\/\d+\/\d+$/

function check (history: History): Anomaly[] {
  const events = committed(history, 'audit').filter(({ decision }) => decision !== 'restated')
  const byEventId = grouped(events, ({ eventId }) => eventId)
  const ingress = committed(history, 'ingress')
  const places = new Set(ingress.map(placeOf))
  const letters = grouped(committed(history, 'dead-letter'), letter => letter.ingress)
  const anomalies: Anomaly[] = []
  for (const record of ingress) {
    const place = placeOf(record)
    const admissions = byEventId.get(place)?.length ?? 0
    if (admissions === 0) anomalies.push(found(name, 'missing-audit', place, 'no event says what became of this record', record.dispatch?.id ?? null))
    const lettersOfIt = letters.get(place)?.length ?? 0
    const isUnreadable = admissions > 0 && byEventId.get(place)!.every(event => event.id === null && event.decision === 'refused')
    if (isUnreadable && lettersOfIt === 0) anomalies.push(found(name, 'lost', place, 'it could not be read, and is no dead letter'))
    if (isUnreadable && lettersOfIt > 1) anomalies.push(found(name, 'duplicated', place, `${lettersOfIt} dead letters hold it`))
  }
  for (const [eventId, same] of byEventId) {
    if (same.length > 1) anomalies.push(found(name, 'duplicated', eventId, `decided ${same.length} times`, same[0]!.id))
    if (dispatchPlace.test(eventId) && !places.has(eventId)) {
      anomalies.push(found(name, 'invented', eventId, 'an event speaks of a record that is not there', same[0]!.id))
    }
  }
  return anomalies
}
