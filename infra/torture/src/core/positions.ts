// Positions only go forward: those of consumer groups, and the archive's own. And at the end nothing is left hanging.
import { type Anomaly, found, type Rule } from './anomaly.ts'
import { committed, entriesOf, grouped } from './grouping.ts'
import { type History, isLogged } from './history.ts'

const name = 'positions'

export const positions: Rule = { name, promise: 'no position goes backwards, unless the broker answers with less than lies in its log; no transaction stays open, nothing stays deferred', check }

function check (history: History): Anomaly[] {
  return [...forward(history), ...closed(history), ...released(history)]
}

function forward (history: History): Anomaly[] {
  const ofGroups = grouped(committed(history, 'commit'), ({ group, of }) => `${group} ${of}`)
  const forgotten = grouped(entriesOf(history, 'forgotten'), ({ group, of }) => `${group} ${of}`)
  const ofArchive = grouped(entriesOf(history, 'progress'), ({ of }) => `archive ${of}`)
  return [...ofGroups, ...ofArchive].flatMap(([key, commits]) => {
    let highest = -1
    for (const { nextOffset } of commits) {
      // What the broker itself had forgotten is committed again from where it said.
      const isForgotten = forgotten.get(key)?.some(one => one.nextOffset === highest && nextOffset >= one.answered) === true
      if (nextOffset < highest && !isForgotten) return [found(name, 'offset-backwards', key, `from ${highest} back to ${nextOffset}`)]
      highest = isForgotten ? nextOffset : Math.max(highest, nextOffset)
    }
    return []
  })
}

function closed (history: History): Anomaly[] {
  const open = history.filter(isLogged).filter(({ fate }) => fate === 'open')
  return [...grouped(open, ({ topic, partition }) => `${topic}/${partition}`)].map(([key, records]) =>
    found(name, 'stuck', key, `a transaction with ${records.length} records was neither committed nor aborted, from offset ${records[0]!.offset} on`))
}

function released (history: History): Anomaly[] {
  const byKey = grouped(committed(history, 'deferred'), ({ topic, partition, key }) => `${topic}/${partition}:${key}`)
  return [...byKey].flatMap(([key, records]) => records.at(-1)!.isTombstone ? []
    : [found(name, 'stuck', key, 'deferred, and never forgotten again: the next owner would release it again', records.at(-1)!.id)])
}
