// Within a source, workflow and class, first deliveries come in the order in which the records were written.
import { type Anomaly, found, type Rule } from './anomaly.ts'
import { byPlace, committed, grouped, type Of } from './grouping.ts'
import type { History } from './history.ts'

const name = 'order'

export const order: Rule = { name, promise: 'within a source, workflow and class what was sent first is passed on first, through deferral too', check }

const first: ReadonlySet<string> = new Set(['delivered', 'released'])
const offsetIn = (place: string): number => Number(place.slice(place.lastIndexOf('/') + 1))
const isAsked = (type: string | null): boolean => type === 'request' || type === 'event'

function check (history: History): Anomaly[] {
  const redriven = new Set(committed(history, 'ingress').flatMap(({ dispatch }) => dispatch?.isRedriven === true ? [dispatch.id] : []))
  const decided = committed(history, 'audit').filter(({ decision, type, id }) => first.has(decision) && isAsked(type) && !redriven.has(id!))
  const delivered = committed(history, 'delivery').filter(({ to, type, attempt, id }) => to === 'inbox' && isAsked(type) && attempt === 1 && !redriven.has(id))
  return [...inAudit(decided), ...inInboxes(delivered)]
}

function inAudit (events: readonly Of<'audit'>[]): Anomaly[] {
  const lanes = grouped(events, ({ source, workflow, priority, ingress }) => `${source} ${workflow} ${priority} ${ingress.slice(0, ingress.lastIndexOf('/'))}`)
  return [...lanes.values()].flatMap(lane => overtaken(lane, 'decided'))
}

function inInboxes (deliveries: readonly Of<'delivery'>[]): Anomaly[] {
  const lanes = grouped(deliveries, ({ topic, partition, source, workflow, ingress }) => `${topic} ${partition} ${source} ${workflow} ${ingress.slice(0, ingress.lastIndexOf('/'))}`)
  return [...lanes.values()].flatMap(lane => overtaken(lane, 'delivered'))
}

function overtaken (lane: readonly (Of<'audit'> | Of<'delivery'>)[], how: string): Anomaly[] {
  const anomalies: Anomaly[] = []
  let latest: Of<'audit'> | Of<'delivery'> | undefined
  for (const entry of [...lane].sort(byPlace)) {
    if (latest !== undefined && offsetIn(entry.ingress) < offsetIn(latest.ingress)) {
      anomalies.push(found(name, 'reordered', entry.id!, `${how} after ${latest.id}, which was sent later`, entry.ingress, latest.ingress))
    } else latest = entry
  }
  return anomalies
}
