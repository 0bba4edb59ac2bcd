// The assigner as kafkajs wants it. What a member owns travels in its subscription.
import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'
import { assignTasks, type OwnedTask } from './assigner.ts'

const name = 'whole-tasks'
const version = 1

/**
 * Topics are fetched in the order given here. The broker lets only the first one that has records exceed its share of
 * bytes, so the least urgent come first: a big batch there would never fit while a more urgent topic has records. They
 * are paused when their lanes are full, so they don't hold up the urgent.
 */
export const fetchOrder = (inputTopics: readonly string[], changelogTopic: string, deferredTopic: string): string[] =>
  [deferredTopic, changelogTopic, ...inputTopics.toReversed()]

export const wholeTasksAssigner = (taskCount: number, topics: readonly string[], owned: () => readonly OwnedTask[]): PartitionAssigner => () => ({
  name,
  version,
  protocol: subscription => ({
    name,
    metadata: AssignerProtocol.MemberMetadata.encode({ version, topics: subscription.topics, userData: encodeOwned(owned()) })
  }),
  assign: async ({ members }) => {
    const tasks = assignTasks(taskCount, members.map(({ memberId, memberMetadata }) => ({ id: memberId, owned: decodeOwned(memberMetadata) })))
    return members.map(({ memberId }) => {
      const assignment = Object.fromEntries(topics.map(topic => [topic, tasks.get(memberId)!]))
      return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }) }
    })
  }
})

export function assignedTasks (memberAssignment: Buffer, topic: string): readonly number[] {
  return AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? []
}

const encodeOwned = (owned: readonly OwnedTask[]): Buffer => Buffer.from(JSON.stringify(owned.map(({ task, claimOffset }) => [task, claimOffset])))

function decodeOwned (memberMetadata: Buffer): OwnedTask[] {
  try {
    const parsed = JSON.parse(AssignerProtocol.MemberMetadata.decode(memberMetadata)!.userData.toString()) as unknown[]
    return parsed.filter(isPair).map(([task, claimOffset]) => ({ task, claimOffset }))
  } catch {
    // A member of another version: what it owns isn't known, and it may have to move.
    return []
  }
}

const isPair = (value: unknown): value is [number, number] => Array.isArray(value) && Number.isInteger(value[0]) && Number.isInteger(value[1])
