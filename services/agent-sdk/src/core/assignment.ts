// Which instance reads which inbox partitions.
//
// Invariants:
//   A1. Every partition goes to exactly one member.
//   A2. Members' totals differ by one at most. Within one topic nobody keeps more than the rounded-up share, and what is
//       free goes to who has least of the topic among those with the least in all, so each class is spread.
//   A3. As few as possible move: a member keeps what it has as far as A2 allows.
//   A4. Same input, same answer, whatever the order of members and topics.

export interface GroupMember {
  readonly memberId: string
  readonly owned: Readonly<Record<string, readonly number[]>>
}

export type Assignment = Map<string, Record<string, number[]>>

interface Share {
  readonly memberId: string
  readonly byTopic: Map<string, number[]>
  total: number
}

export function assignPartitions (members: readonly GroupMember[], partitionCounts: Readonly<Record<string, number>>): Assignment {
  const topics = Object.keys(partitionCounts).sort()
  const units = topics.flatMap(topic => Array.from({ length: partitionCounts[topic]! }, (_, partition) => ({ topic, partition })))
    .sort((a, b) => a.partition - b.partition || compare(a.topic, b.topic))
  const shares: Share[] = [...members].sort((a, b) => compare(a.memberId, b.memberId)).map(({ memberId }) => ({ memberId, byTopic: new Map(), total: 0 }))
  if (shares.length === 0) return new Map()
  const floor = Math.floor(units.length / shares.length)
  let largerShares = units.length % shares.length
  const topicMax = (topic: string): number => Math.ceil(partitionCounts[topic]! / shares.length)

  const ownedBy = new Map(members.map(({ memberId, owned }) => [memberId, owned]))
  const free: typeof units = []
  for (const unit of units) {
    const owner = shares.find(share => ownedBy.get(share.memberId)?.[unit.topic]?.includes(unit.partition))
    const hasRoom = owner !== undefined && countOf(owner, unit.topic) < topicMax(unit.topic)
    if (hasRoom && owner.total < floor) {
      give(owner, unit)
    } else if (hasRoom && owner.total === floor && largerShares > 0) {
      largerShares--
      give(owner, unit)
    } else {
      free.push(unit)
    }
  }
  for (const unit of free) {
    const { topic } = unit
    const takers = [...shares].sort((a, b) => a.total - b.total || countOf(a, topic) - countOf(b, topic) || compare(a.memberId, b.memberId))
    give(takers[0]!, unit)
  }
  return new Map(shares.map(share => [share.memberId, Object.fromEntries(share.byTopic)]))
}

const countOf = (share: Share, topic: string): number => share.byTopic.get(topic)?.length ?? 0

function give (share: Share, unit: { topic: string, partition: number }): void {
  share.byTopic.set(unit.topic, [...share.byTopic.get(unit.topic) ?? [], unit.partition])
  share.total++
}

const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0
