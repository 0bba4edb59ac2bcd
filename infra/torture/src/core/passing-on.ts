// What an event says was passed on lies where it says, once; and nothing was passed on without an event.
import { type Anomaly, found, type Rule } from './anomaly.ts'
import { committed, grouped, type Of } from './grouping.ts'
import { type History, placeOf } from './history.ts'

const name = 'passing on'

export const passingOn: Rule = { name, promise: 'decision and delivery are visible together, once, with the content as it was sent', check }

/** Redriven, a dispatch is passed on anew from another record. */
const attemptKey = (ingress: string, attempt: number): string => `${ingress}#${attempt}`

function check (history: History): Anomaly[] {
  const deliveries = committed(history, 'delivery')
  const events = committed(history, 'audit').filter(({ deliveredTo, decision }) => deliveredTo !== null && decision !== 'restated')
  return [...inboxes(deliveries, events), ...answers(deliveries, events), ...unchanged(history, deliveries)]
}

function inboxes (deliveries: readonly Of<'delivery'>[], events: readonly Of<'audit'>[]): Anomaly[] {
  const said = grouped(events.filter(({ deliveredTo }) => deliveredTo!.includes('.inbox.')), ({ ingress, attempt }) => attemptKey(ingress, attempt))
  const done = grouped(deliveries.filter(({ to }) => to === 'inbox'), ({ ingress, attempt }) => attemptKey(ingress, attempt))
  const anomalies: Anomaly[] = []
  for (const [key, [event]] of said) {
    if (done.has(key)) continue
    anomalies.push(found(name, 'lost', event!.id ?? key, `${event!.decision} to ${event!.deliveredTo}, attempt ${event!.attempt}, and it is not there`, event!.ingress))
  }
  for (const [key, same] of done) {
    const { id, ingress, attempt, topic } = same[0]!
    if (same.length > 1) anomalies.push(found(name, 'duplicated', id, `attempt ${attempt} lies ${same.length} times in ${topic}`, ingress))
    if (!said.has(key)) anomalies.push(found(name, 'missing-audit', id, `it lies in ${topic}, and no event says so`, ingress))
  }
  return anomalies
}

function answers (deliveries: readonly Of<'delivery'>[], events: readonly Of<'audit'>[]): Anomaly[] {
  const toAnswers = deliveries.filter(({ to }) => to === 'answers')
  const placesOfEvents = new Set(events.map(({ ingress }) => ingress))
  const placesDelivered = new Set(toAnswers.map(({ ingress }) => ingress))
  const anomalies: Anomaly[] = []
  for (const event of events) {
    if (!event.deliveredTo!.includes('.answers.') || placesDelivered.has(event.ingress)) continue
    anomalies.push(found(name, 'lost', event.id ?? event.eventId, `an answer was ${event.decision} to ${event.deliveredTo}, and it is not there`, event.ingress))
  }
  for (const same of grouped(toAnswers, ({ ingress, answers: request }) => `${ingress} ${request}`).values()) {
    const { id, ingress, topic } = same[0]!
    if (same.length > 1) anomalies.push(found(name, 'duplicated', id, `the answer lies ${same.length} times in ${topic}`, ingress))
    if (!placesOfEvents.has(ingress)) anomalies.push(found(name, 'missing-audit', id, `the answer lies in ${topic}, and no event says so`, ingress))
  }
  return anomalies
}

function unchanged (history: History, deliveries: readonly Of<'delivery'>[]): Anomaly[] {
  const ingress = committed(history, 'ingress')
  const byPlace = new Map(ingress.map(record => [placeOf(record), record]))
  const requests = new Map(ingress.flatMap(({ dispatch }) => dispatch?.type === 'request' ? [[dispatch.id, dispatch] as const] : []))
  return deliveries.flatMap(delivery => {
    const { id, answers: request, token, topic } = delivery
    const sent = byPlace.get(delivery.ingress)
    if (sent === undefined) return [found(name, 'invented', id, `what lies in ${topic} was never sent`, delivery.ingress)]
    if (sent.dispatch === null || sent.dispatch.hash !== delivery.hash || sent.dispatch.id !== id) return [found(name, 'corrupted', id, `${topic} has another content than ${delivery.ingress}`)]
    const asked = request === null ? undefined : requests.get(request)
    const isForAnother = delivery.type === 'response' && asked !== undefined && asked.token !== null && token !== null && asked.token !== token
    return isForAnother ? [found(name, 'corrupted', request!, `asked with ${asked.token}, and answered what was asked with ${token}`, id)] : []
  })
}
