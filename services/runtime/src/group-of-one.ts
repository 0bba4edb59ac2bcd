import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'

/** Gives the group's one member just these partitions: kafkajs has no manual assignment. */
export const onlyThese = (topic: string, partitions: readonly number[]): PartitionAssigner => () => ({
  name: 'only-these',
  version: 1,
  protocol: ({ topics }) => ({ name: 'only-these', metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }) }),
  assign: async ({ members }) => {
    const memberAssignment = AssignerProtocol.MemberAssignment.encode({ version: 1, assignment: { [topic]: [...partitions] }, userData: Buffer.alloc(0) })
    return members.map(({ memberId }) => ({ memberId, memberAssignment }))
  }
})
