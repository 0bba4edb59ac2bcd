// Which member owns which task. Task i is partition i of every topic, so a member gets whole tasks.
//
// Invariants:
//   A1. Each task goes to exactly one member.
//   A2. No member has more than one task more than another.
//   A3. A member keeps what it had unless A2 forbids it, so as few tasks move as possible.
import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'

export interface Member {
  readonly id: string
  /** Tasks it owns now, as it says itself. */
  readonly had: readonly number[]
}

export function assignTasks (taskCount: number, members: readonly Member[]): Map<string, number[]> {
  const inOrder = [...members].sort((a, b) => a.id < b.id ? -1 : 1)
  const tasks = new Map<string, number[]>(inOrder.map(({ id }) => [id, []]))
  if (inOrder.length === 0) return tasks
  const few = Math.floor(taskCount / inOrder.length)
  let mayHaveOneMore = taskCount % inOrder.length
  const taken = new Set<number>()
  // Those with most to keep come first, so that the members allowed one more are those who have it already.
  for (const { id, had } of [...inOrder].sort((a, b) => b.had.length - a.had.length)) {
    const own = tasks.get(id)!
    for (const task of new Set(had)) {
      if (task < 0 || task >= taskCount || taken.has(task)) continue
      if (own.length >= few) {
        if (own.length > few || mayHaveOneMore === 0) break
        mayHaveOneMore--
      }
      own.push(task)
      taken.add(task)
    }
  }
  for (let task = 0; task < taskCount; task++) {
    if (taken.has(task)) continue
    let least = tasks.get(inOrder[0]!.id)!
    for (const own of tasks.values()) if (own.length < least.length) least = own
    least.push(task)
  }
  return tasks
}

const name = 'whole-tasks'
const version = 1

/** The same rule as kafkajs wants it; what a member owns travels in its subscription. */
export const wholeTasksAssigner = (taskCount: number, topics: readonly string[], owned: () => readonly number[]): PartitionAssigner => () => ({
  name,
  version,
  protocol: subscription => ({
    name,
    metadata: AssignerProtocol.MemberMetadata.encode({ version, topics: subscription.topics, userData: Buffer.from(JSON.stringify(owned())) })
  }),
  assign: async ({ members }) => {
    const tasks = assignTasks(taskCount, members.map(({ memberId, memberMetadata }) => ({ id: memberId, had: ownedBy(memberMetadata) })))
    return members.map(({ memberId }) => {
      const assignment = Object.fromEntries(topics.map(topic => [topic, tasks.get(memberId)!]))
      return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }) }
    })
  }
})

function ownedBy (memberMetadata: Buffer): number[] {
  try {
    const parsed: unknown = JSON.parse(AssignerProtocol.MemberMetadata.decode(memberMetadata)!.userData.toString())
    return Array.isArray(parsed) ? parsed.filter(task => Number.isInteger(task)) : []
  } catch {
    return []
  }
}
