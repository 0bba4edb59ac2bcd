// What agents see: only what was committed; every event that was passed on to them; each caller its own answer.
import { type Anomaly, found, type Rule } from './anomaly.ts'
import { committed, entriesOf, grouped } from './grouping.ts'
import type { History } from './history.ts'

const name = 'handling'

export const handling: Rule = { name, promise: 'agents see what was committed and nothing else, every event of it at least once', check }

function check (history: History): Anomaly[] {
  return [...handled(history), ...eventsHandled(history), ...answersSeen(history)]
}

function handled (history: History): Anomaly[] {
  const there = grouped(committed(history, 'delivery').filter(({ to }) => to === 'inbox'), ({ id, target }) => `${id} ${target}`)
  const aborted = new Set(committed(history, 'delivery', 'aborted').map(({ id, target }) => `${id} ${target}`))
  const seen = grouped(entriesOf(history, 'handled'), ({ id, agent }) => `${id} ${agent}`)
  return [...seen].flatMap(([key, [first]]) => {
    const delivery = there.get(key)?.[0]
    if (delivery !== undefined) {
      return delivery.token === first!.token ? [] : [found(name, 'corrupted', first!.id, `'${first!.agent}' was handed ${first!.token}, and ${delivery.token} was delivered`)]
    }
    return aborted.has(key)
      ? [found(name, 'aborted-seen', first!.id, `'${first!.agent}' handled what was only written in an aborted transaction`)]
      : [found(name, 'invented', first!.id, `'${first!.agent}' handled what was never delivered to it`)]
  })
}

/** An event has no deadline, so an agent of the load must have handled it by the end. */
function eventsHandled (history: History): Anomaly[] {
  const seen = new Set(entriesOf(history, 'handled').map(({ id }) => id))
  const setAside = new Set(committed(history, 'audit').flatMap(({ decision, id }) => decision === 'dead_lettered' ? [id] : []))
  return committed(history, 'delivery').flatMap(({ to, type, id, token, target, topic }) => {
    if (to !== 'inbox' || type !== 'event' || token === null || seen.has(id) || setAside.has(id)) return []
    return [found(name, 'lost', id, `the event lies in ${topic}, and '${target}' never handled it`)]
  })
}

function answersSeen (history: History): Anomaly[] {
  const answers = grouped(committed(history, 'delivery').filter(({ to, type }) => to === 'answers' && type === 'response'), ({ answers: request }) => request)
  const aborted = new Set(committed(history, 'delivery', 'aborted').map(({ answers: request }) => request))
  const fallbacks = new Set(committed(history, 'notice').flatMap(({ type, id }) => type === 'fallback' ? [id] : []))
  return entriesOf(history, 'answered').flatMap(({ id, token, isSuccess, answerToken }) => {
    if (!isSuccess || fallbacks.has(id)) return []
    if (!answers.has(id)) {
      return [aborted.has(id) ? found(name, 'aborted-seen', id, 'its caller saw an answer of an aborted transaction', token) : found(name, 'invented', id, 'its caller saw an answer that was never delivered', token)]
    }
    return answerToken === null || answerToken === token ? [] : [found(name, 'corrupted', id, `its caller asked with ${token} and saw the answer to ${answerToken}`, token)]
  })
}
