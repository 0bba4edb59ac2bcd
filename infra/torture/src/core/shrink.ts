// The smallest part of a history in which an anomaly is still to be seen.
//
// Invariants:
//   S1. What is left shows the same anomaly (kind, key and rule), and without any one of its entries it doesn't.
//   S2. The work is bounded: what bears on it directly, at most `entriesMax` entries, and at most `triesMax` checks of them.
import { type Anomaly, isSame } from './anomaly.ts'
import { rules } from './check.ts'
import { type Entry, type History, namesOf } from './history.ts'

const entriesMax = 2_000
const triesMax = 6_000

/** What bears on the anomaly, directly. */
export function about (history: History, anomaly: Anomaly): Entry[] {
  const wanted = new Set(anomaly.about)
  return history.filter(entry => namesOf(entry).some(name => wanted.has(name)))
}

export function shrink (history: History, anomaly: Anomaly): Entry[] {
  const rule = rules.find(({ name }) => name === anomaly.rule)!
  const shows = (entries: History): boolean => rule.check(entries).some(other => isSame(anomaly, other))
  const related = about(history, anomaly)
  if (related.length > entriesMax || !shows(related)) return related.slice(0, entriesMax)
  let smallest = related
  let tries = 0
  // Halves first, then quarters, down to single entries, until none can go (ddmin).
  for (let size = Math.ceil(smallest.length / 2); size >= 1 && tries < triesMax;) {
    const before = smallest.length
    for (let from = 0; from < smallest.length && tries < triesMax; tries++) {
      const without = [...smallest.slice(0, from), ...smallest.slice(from + size)]
      if (shows(without)) smallest = without
      else from += size
    }
    if (size > 1) size = Math.ceil(size / 2)
    else if (smallest.length === before) break
  }
  return smallest
}
