import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { assignPartitions, type Assignment, type GroupMember } from './assignment.ts'

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
