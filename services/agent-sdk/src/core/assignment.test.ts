import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { allot, type Allotment, assignPartitions, type GroupMember, type WorkingMember } from './assignment.ts'

type Assignment = ReturnType<typeof assignPartitions>

const topics = ['p0', 'p1', 'p2', 'p3']
const counts = Object.fromEntries(topics.map(topic => [topic, 4]))
const total = (share: Record<string, number[]>): number => Object.values(share).flat().length
const members = (assignment: Assignment): GroupMember[] => [...assignment].map(([memberId, owned]) => ({ memberId, owned }))
const fresh = (...ids: string[]): GroupMember[] => ids.map(memberId => ({ memberId, owned: {} }))
const unitsOf = (assignment: Assignment): string[] => [...assignment.values()].flatMap(share => Object.entries(share).flatMap(([topic, partitions]) => partitions.map(partition => `${topic}/${partition}`)))

describe('inbox assignment', () => {
  test('no members, nothing to give', () => expect(assignPartitions([], counts)).toEqual(new Map()))

  test('one member has it all', () => expect(total(assignPartitions(fresh('a'), counts).get('a')!)).toBe(16))

  test('a second member takes half, and half of every class', () => {
    const one = assignPartitions(fresh('a'), counts)
    const two = assignPartitions([...members(one), ...fresh('b')], counts)
    for (const share of two.values()) for (const topic of topics) expect(share[topic]).toHaveLength(2)
  })

  test('when a member leaves, the others keep what they have', () => {
    const three = assignPartitions(fresh('a', 'b', 'c'), counts)
    const two = assignPartitions(members(three).filter(member => member.memberId !== 'c'), counts)
    for (const id of ['a', 'b']) {
      for (const topic of topics) expect(two.get(id)![topic]).toEqual(expect.arrayContaining(three.get(id)![topic] ?? []))
    }
  })

  test('two members that both say they have a partition: one gets it', () => {
    const both = ['a', 'b'].map(memberId => ({ memberId, owned: { p0: [0, 1, 2, 3] } }))
    expect(unitsOf(assignPartitions(both, counts)).toSorted()).toEqual(unitsOf(assignPartitions(fresh('a'), counts)).toSorted())
  })

  test('more members than partitions: some have none, none has two', () => {
    const many = assignPartitions(fresh(...Array.from({ length: 20 }, (_, index) => `m${index}`)), counts)
    expect([...many.values()].map(total).toSorted()).toEqual([...Array<number>(4).fill(0), ...Array<number>(16).fill(1)])
  })

  test('whatever came before: every partition once, totals within one, and the order of members does not matter', () => {
    const change = fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1 }), { minLength: 1, maxLength: 6 })
    fc.assert(fc.property(change, steps => {
      let assignment: Assignment = new Map()
      for (const ids of steps) {
        const asked = ids.map(memberId => ({ memberId, owned: assignment.get(memberId) ?? {} }))
        const next = assignPartitions(asked, counts)
        expect(unitsOf(next).toSorted()).toEqual(unitsOf(assignPartitions(fresh('x'), counts)).toSorted())
        const totals = [...next.values()].map(total)
        expect(Math.max(...totals) - Math.min(...totals)).toBeLessThanOrEqual(1)
        expect(new Map(assignPartitions(asked.toReversed(), counts))).toEqual(next)
        assignment = next
      }
    }))
  })
})

describe('allotment', () => {
  const idle = (members: readonly GroupMember[]): WorkingMember[] => members.map(member => ({ ...member, running: 0 }))
  const ownedAfter = (allotments: Map<string, Allotment>): Assignment => new Map([...allotments].map(([id, { partitions }]) => [id, partitions]))
  const shares = (allotments: Map<string, Allotment>): number[] => [...allotments.values()].map(({ handlers }) => handlers)
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

  test('with more instances than maxConcurrent, as many as that have all partitions', () => {
    const allotments = allot(idle(fresh('a', 'b', 'c', 'd', 'e')), 3, counts)
    expect([...allotments.values()].map(({ handlers, partitions }) => [handlers, total(partitions)])).toEqual([[1, 6], [1, 5], [1, 5], [0, 0], [0, 0]])
  })

  test('an instance that has no share yet gets no partition, and who runs too much keeps all', () => {
    const owned = assignPartitions(fresh('a'), counts).get('a')!
    const allotments = allot([{ memberId: 'a', owned, running: 3 }, ...idle(fresh('b'))], 3, counts)
    expect(allotments.get('a')).toEqual({ handlers: 2, asksAgainAt: 2, partitions: owned })
    expect(allotments.get('b')).toEqual({ handlers: 0, asksAgainAt: null, partitions: {} })
  })

  test('whatever came before: each partition with one instance that has a share, shares within maxConcurrent, the order of members aside', () => {
    const step = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), fc.nat(4)), { selector: ([id]) => id, minLength: 1 })
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 20 }), (steps, maxConcurrent) => {
      let before: Map<string, Allotment> = new Map()
      for (const ids of steps) {
        const members = ids.map(([memberId, running]) => ({ memberId, running, owned: before.get(memberId)?.partitions ?? {} }))
        const next = allot(members, maxConcurrent, counts)
        expect(unitsOf(ownedAfter(next)).toSorted()).toEqual(unitsOf(assignPartitions(fresh('x'), counts)).toSorted())
        for (const { handlers, partitions } of next.values()) expect(handlers > 0 || total(partitions) === 0).toBe(true)
        expect(sum(shares(next))).toBeLessThanOrEqual(maxConcurrent)
        expect(new Map(allot(members.toReversed(), maxConcurrent, counts))).toEqual(next)
        before = next
      }
    }))
  })

  test('as few partitions as possible move: one that comes takes its part from the others, one that goes leaves its part to them', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 12 }), fc.nat(), (count, maxConcurrent, at) => {
      const ids = Array.from({ length: count }, (_, index) => `m${index}`)
      const settled = ownedAfter(allot(idle(fresh(...ids)), maxConcurrent, counts))
      const others = members(settled)
      const movedFrom = (id: string, next: Map<string, Allotment>): number =>
        sum(topics.map(topic => (settled.get(id)![topic] ?? []).filter(partition => !(next.get(id)?.partitions[topic] ?? []).includes(partition)).length))
      const come = allot(idle([...others, ...fresh('new')]), maxConcurrent, counts)
      expect(sum(ids.map(id => movedFrom(id, come)))).toBe(total(come.get('new')!.partitions))
      const gone = ids[at % count]!
      const left = allot(idle(others.filter(member => member.memberId !== gone)), maxConcurrent, counts)
      const successors = [...left].filter(([id]) => total(settled.get(id)!) === 0)
      // One without a share may take the place of the one that went; else only what it had moves.
      const lost = sum(ids.filter(id => id !== gone).map(id => movedFrom(id, left)))
      expect(lost).toBe(0)
      expect(sum(successors.map(([, { partitions }]) => total(partitions)))).toBeLessThanOrEqual(total(settled.get(gone)!))
    }))
  })
})
