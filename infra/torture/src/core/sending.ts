// What the broker took is on its topic, as it was sent, no more often, and in the order in which it was sent.
import { type Anomaly, found, type Rule } from './anomaly.ts'
import { committed, entriesOf, grouped, type Of } from './grouping.ts'
import { type History, placeOf } from './history.ts'

const name = 'sending'

export const sending: Rule = { name, promise: 'what the broker took is on its topic once, as it was sent, in order', check }

function check (history: History): Anomaly[] {
  const ingress = committed(history, 'ingress')
  const intents = new Map(entriesOf(history, 'intent').map(intent => [intent.token, intent]))
  const asked = ingress.filter(({ dispatch }) => dispatch !== null && (dispatch.type === 'request' || dispatch.type === 'event') && !dispatch.isRedriven)
  const byToken = grouped(asked, ({ dispatch }) => intents.has(dispatch!.token ?? '') ? dispatch!.token : null)
  return [...kept(history, ingress, intents), ...notRepeated(byToken, intents), ...inOrder(byToken, intents)]
}

type Intents = ReadonlyMap<string, Of<'intent'>>

function kept (history: History, ingress: readonly Of<'ingress'>[], intents: Intents): Anomaly[] {
  const byPlace = new Map(ingress.map(record => [placeOf(record), record]))
  const byId = new Map(ingress.flatMap(record => record.dispatch === null ? [] : [[record.dispatch.id, record] as const]))
  return entriesOf(history, 'acked').flatMap(({ token, id, place }) => {
    const record = place === null ? byId.get(id) : byPlace.get(place)
    if (record === undefined) return [found(name, 'lost', id, 'the broker took it, and it is not on its topic', token, place)]
    const intent = intents.get(token)
    const isAsSent = record.dispatch?.id === id && (intent === undefined || record.dispatch.hash === intent.hash)
    return isAsSent ? [] : [found(name, 'corrupted', id, `${placeOf(record)} holds something else than what was sent`, token, placeOf(record))]
  })
}

function notRepeated (byToken: ReadonlyMap<string, readonly Of<'ingress'>[]>, intents: Intents): Anomaly[] {
  return [...byToken].flatMap(([token, records]) => records.length <= intents.get(token)!.times ? []
    : [found(name, 'duplicated', token, `sent ${intents.get(token)!.times} times, and ${records.length} times on its topic`)])
}

function inOrder (byToken: ReadonlyMap<string, readonly Of<'ingress'>[]>, intents: Intents): Anomaly[] {
  const firsts = [...byToken].flatMap(([token, records]) => {
    const intent = intents.get(token)!
    // Of one that was to be sent twice and is there once nobody knows which it is: the first may not have been taken.
    return intent.order === null || records.length < intent.times ? [] : [{ intent, record: records[0]! }]
  })
  return [...grouped(firsts, ({ intent, record }) => `${intent.source} ${intent.workflow} ${intent.priority} ${record.partition}`).values()].flatMap(lane => {
    lane.sort((a, b) => a.intent.order! - b.intent.order!)
    return lane.flatMap((next, i) => {
      const before = lane[i - 1]
      return before === undefined || before.record.offset < next.record.offset ? []
        : [found(name, 'reordered', next.intent.token, `sent after ${before.intent.token}, and written before it`, before.intent.token)]
    })
  })
}
