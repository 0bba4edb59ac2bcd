// The search for the one record that makes its round fail.
//
// Invariants:
//   B1. Nothing is searched before as many rounds in a row failed as patience asks for.
//   B2. Before a record is suspected, a round without any must succeed: what fails even then is no record's fault.
//   B3. The poison is always among the next `suspects[lane]` records of each lane; each round of the search halves them.
//   B4. A record is poison only after it made a round of its own fail.
import type { Patience } from './failures.ts'

export type LaneCounts = readonly number[]

export type Search =
  /** Rounds are as usual; so many of them failed in a row. */
  | { readonly step: 'clear', readonly failures: number }
  | { readonly step: 'empty', readonly suspects: LaneCounts }
  | { readonly step: 'half', readonly suspects: LaneCounts }
  /** The record is set aside by the logic. */
  | { readonly step: 'poison', readonly suspects: LaneCounts }

export const noSearch: Search = { step: 'clear', failures: 0 }

export const sumOf = (counts: LaneCounts): number => counts.reduce((sum, count) => sum + count, 0)

/** What the next round takes of each lane; undefined while nothing is searched. */
export function roundOf (search: Search): LaneCounts | undefined {
  switch (search.step) {
    case 'clear': return undefined
    case 'empty': return search.suspects.map(() => 0)
    case 'half': return firstHalf(search.suspects)
    case 'poison': return search.suspects
  }
}

export function afterCommit (search: Search, taken: LaneCounts): Search {
  switch (search.step) {
    case 'clear': case 'poison': return noSearch
    case 'empty': return { step: 'half', suspects: search.suspects }
    case 'half': {
      const suspects = search.suspects.map((count, lane) => count - taken[lane]!)
      return sumOf(suspects) === 0 ? noSearch : { step: 'half', suspects }
    }
  }
}

export function afterFailure (search: Search, taken: LaneCounts, patience: Patience): Search {
  if (patience === undefined) return search
  switch (search.step) {
    case 'clear': {
      const failures = search.failures + 1
      return failures >= patience && sumOf(taken) > 0 ? { step: 'empty', suspects: taken } : { step: 'clear', failures }
    }
    case 'empty': return { step: 'clear', failures: 1 }
    case 'half': return sumOf(taken) === 1 ? { step: 'poison', suspects: taken } : { step: 'half', suspects: taken }
    case 'poison': return search
  }
}

/** The first half in the order in which a round takes them: lane 0 first. */
function firstHalf (counts: LaneCounts): LaneCounts {
  let room = Math.ceil(sumOf(counts) / 2)
  return counts.map(count => {
    const taken = Math.min(room, count)
    room -= taken
    return taken
  })
}
