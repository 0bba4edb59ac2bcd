// How many handlers each instance may run at once, so that all instances together keep to the agent's `maxConcurrent`.
//
// Invariants:
//   C1. No handler is begun beyond maxConcurrent: the sum over all members of what each may have or still has running, the
//       greater of the two, is at most maxConcurrent (or what runs already, if that is more).
//   C2. Some member has a share; never more members than there are partitions or than maxConcurrent.
//   C3. When what runs has room in it, the shares are even: they sum to maxConcurrent and differ by one at most.
//   C4. Until then somebody runs more than its even part. It begins nothing more, and asks for shares anew when it is down to
//       `asksAgainAt`. So the shares become even as handlers end.
//   C5. Same input, same answer, whatever the order of members.

export interface ConcurrentMember {
  readonly memberId: string
  readonly ownedPartitions: number
  /** Handlers that run; more than its share when the share has just become smaller. */
  readonly running: number
}

export interface Share {
  /** Handlers that the member may run at once; with 0 it gets no partition. */
  readonly handlers: number
  /** Set where others wait for what this member has running: at so many handlers left it asks for shares anew. */
  readonly asksAgainAt: number | null
}

export function shareOut (members: readonly ConcurrentMember[], maxConcurrent: number, partitions: number): Map<string, Share> {
  // Who has most partitions stays, so that few of them move.
  const ranked = [...members].sort((a, b) => b.ownedPartitions - a.ownedPartitions || compare(a.memberId, b.memberId))
  const sharers = Math.min(ranked.length, maxConcurrent, partitions)
  const evenPart = (rank: number): number => rank < sharers ? Math.floor(maxConcurrent / sharers) + (rank < maxConcurrent % sharers ? 1 : 0) : 0
  const parts = ranked.map((member, rank) => {
    const even = evenPart(rank)
    return { ...member, even, handlers: Math.min(even, member.running) }
  })
  let free = maxConcurrent - parts.reduce((sum, { running }) => sum + running, 0)
  while (free > 0) {
    const next = parts.filter(({ handlers, even }) => handlers < even).reduce<typeof parts[number] | undefined>(leastHandlers, undefined)
    if (next === undefined) break
    next.handlers++
    free--
  }
  const busiest = parts.reduce<typeof parts[number] | undefined>((most, part) => most === undefined || part.running > most.running ? part : most, undefined)
  // All that may run runs where no share is: there it may go on one by one, for partitions must lie somewhere (C2).
  if (busiest !== undefined && parts.every(({ handlers }) => handlers === 0)) busiest.even = busiest.handlers = 1
  return new Map(parts.map(({ memberId, running, even, handlers }) => [memberId, { handlers, asksAgainAt: running > even ? even : null }]))
}

const leastHandlers = <T extends { readonly handlers: number }>(least: T | undefined, part: T): T =>
  least === undefined || part.handlers < least.handlers ? part : least

const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0
