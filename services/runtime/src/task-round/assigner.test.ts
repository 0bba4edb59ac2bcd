import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { assignTasks, type Member } from './assigner.ts'

const member = (id: string, ...tasks: number[]): Member => ({ id, owned: tasks.map(task => ({ task, claimOffset: 1 })) })
const ownedTask = fc.record({ task: fc.integer({ min: -1, max: 30 }), claimOffset: fc.integer({ min: 0, max: 5 }) })
const anyMember = fc.record({
  id: fc.string({ minLength: 1, maxLength: 4 }),
  owned: fc.uniqueArray(ownedTask, { selector: ({ task }) => task, maxLength: 24 })
})
const groups = fc.record({
  taskCount: fc.integer({ min: 1, max: 24 }),
  members: fc.uniqueArray(anyMember, { selector: ({ id }) => id, minLength: 1, maxLength: 8 })
})

describe('assignTasks', () => {
  test('each task goes to exactly one member (A1)', () => {
    fc.assert(fc.property(groups, ({ taskCount, members }) => {
      const given = [...assignTasks(taskCount, members).values()].flat()
      expect(given.toSorted((a, b) => a - b)).toEqual(Array.from({ length: taskCount }, (_, task) => task))
    }))
  })

  test('no member has more than one task more than another (A2)', () => {
    fc.assert(fc.property(groups, ({ taskCount, members }) => {
      const sizes = [...assignTasks(taskCount, members).values()].map(tasks => tasks.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }))
  })

  test('no fewer tasks could move (A3)', () => {
    fc.assert(fc.property(groups, ({ taskCount, members }) => {
      const assigned = assignTasks(taskCount, members)
      const latest = new Map<number, { id: string, claimOffset: number }>()
      for (const { id, owned } of members.toSorted((a, b) => a.id < b.id ? -1 : 1)) {
        for (const { task, claimOffset } of owned) {
          if (task >= 0 && task < taskCount && claimOffset > (latest.get(task)?.claimOffset ?? -1)) latest.set(task, { id, claimOffset })
        }
      }
      const held = members.map(({ id }) => [...latest.values()].filter(owner => owner.id === id).length).toSorted((a, b) => b - a)
      const few = Math.floor(taskCount / members.length)
      const keepable = held.reduce((sum, tasks, i) => sum + Math.min(tasks, i < taskCount % members.length ? few + 1 : few), 0)
      const kept = [...latest].filter(([task, { id }]) => assigned.get(id)!.includes(task)).length
      expect(kept).toBe(keepable)
    }))
  })

  test('who asks in which order makes no difference', () => {
    fc.assert(fc.property(groups, ({ taskCount, members }) => {
      expect(assignTasks(taskCount, members.toReversed())).toEqual(assignTasks(taskCount, members))
    }))
  })

  test('a member that joins gets its share, the others keep the rest', () => {
    expect(assignTasks(4, [member('a', 0, 1, 2, 3), member('b')])).toEqual(new Map([['a', [0, 1]], ['b', [2, 3]]]))
  })

  test('it keeps those that it has had longest (A4)', () => {
    expect(assignTasks(4, [member('a', 2, 3, 0, 1), member('b')])).toEqual(new Map([['a', [2, 3]], ['b', [0, 1]]]))
    expect(assignTasks(5, [member('a', 4, 0, 3), member('b'), member('c', 1, 2)])).toEqual(new Map([['a', [4, 0]], ['b', [3]], ['c', [1, 2]]]))
  })

  test('a task that two members say they run goes to the later claim (A5)', () => {
    const zombie = { id: 'a', owned: [{ task: 0, claimOffset: 7 }] }
    const owner = { id: 'b', owned: [{ task: 0, claimOffset: 9 }] }
    expect(assignTasks(2, [zombie, owner]).get('b')).toEqual([0])
  })
})
