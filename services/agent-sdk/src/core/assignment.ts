// Which instance reads which inbox partitions, and how many handlers it may run.
//
// Invariants:
//   A1. Every partition goes to exactly one member, and that member may run a handler at least (core/concurrency.ts).
//   A2. Totals of members with a share differ by one at most. Within one topic nobody keeps more than its part, rounded
//       up, and what is free goes to who has least of the topic among those with the least in all, so each class is spread.
//   A3. As few as possible move: a member keeps what it has as far as A2 allows.
//   A4. Same input, same answer, whatever the order of members and topics.
import { type Share, shareOut } from './concurrency.ts'

export interface GroupMember {
  readonly memberId: string
  readonly owned: Readonly<Record<string, readonly number[]>>
}

export interface WorkingMember extends GroupMember {
  /** Handlers that it runs just now. */
  readonly running: number
}

export interface Allotment extends Share {
  readonly partitions: Record<string, number[]>
}

type Assignment = Map<string, Record<string, number[]>>

/** What each instance gets. */
export function allot (members: readonly WorkingMember[], maxConcurrent: number, partitionCounts: Readonly<Record<string, number>>): Map<string, Allotment> {
  const partitions = Object.values(partitionCounts).reduce((sum, count) => sum + count, 0)
  const concurrent = members.map(({ memberId, owned, running }) => ({ memberId, running, ownedPartitions: Object.values(owned).flat().length }))
  const shares = shareOut(concurrent, maxConcurrent, partitions)
  const assignment = assignPartitions(members.filter(({ memberId }) => shares.get(memberId)!.handlers > 0), partitionCounts)
  return new Map([...shares].map(([memberId, share]) => [memberId, { ...share, partitions: assignment.get(memberId) ?? {} }]))
}

interface Holding {
  readonly memberId: string
  readonly byTopic: Map<string, number[]>
  total: number
}

export function assignPartitions (members: readonly GroupMember[], partitionCounts: Readonly<Record<string, number>>): Assignment {
  const topics = Object.keys(partitionCounts).sort()
  const units = topics.flatMap(topic => Array.from({ length: partitionCounts[topic]! }, (_, partition) => ({ topic, partition })))
    .sort((a, b) => a.partition - b.partition || compare(a.topic, b.topic))
  const holdings: Holding[] = [...members].sort((a, b) => compare(a.memberId, b.memberId)).map(({ memberId }) => ({ memberId, byTopic: new Map(), total: 0 }))
  if (holdings.length === 0) return new Map()
  const floor = Math.floor(units.length / holdings.length)
  let largerHoldings = units.length % holdings.length
  const topicMax = (topic: string): number => Math.ceil(partitionCounts[topic]! / holdings.length)

  const ownedBy = new Map(members.map(({ memberId, owned }) => [memberId, owned]))
  const free: typeof units = []
  for (const unit of units) {
    const owner = holdings.find(holding => ownedBy.get(holding.memberId)?.[unit.topic]?.includes(unit.partition))
    const hasRoom = owner !== undefined && countOf(owner, unit.topic) < topicMax(unit.topic)
    if (hasRoom && owner.total < floor) {
      give(owner, unit)
    } else if (hasRoom && owner.total === floor && largerHoldings > 0) {
      largerHoldings--
      give(owner, unit)
    } else {
      free.push(unit)
    }
  }
  for (const unit of free) {
    const { topic } = unit
    const takers = [...holdings].sort((a, b) => a.total - b.total || countOf(a, topic) - countOf(b, topic) || compare(a.memberId, b.memberId))
    give(takers[0]!, unit)
  }
  return new Map(holdings.map(holding => [holding.memberId, Object.fromEntries(holding.byTopic)]))
}

const countOf = (holding: Holding, topic: string): number => holding.byTopic.get(topic)?.length ?? 0

function give (holding: Holding, unit: { topic: string, partition: number }): void {
  holding.byTopic.set(unit.topic, [...holding.byTopic.get(unit.topic) ?? [], unit.partition])
  holding.total++
}

const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0
