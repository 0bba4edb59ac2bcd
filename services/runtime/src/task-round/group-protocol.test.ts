import { expect, test } from '@jest/globals'
import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'
import { assignedTasks, fetchOrder, wholeTasksAssigner } from './group-protocol.ts'

const topics = fetchOrder(['p0', 'p1'], 'changelog', 'deferred')
const config = {} as Parameters<PartitionAssigner>[0]

test('the least urgent topic is fetched first', () => expect(topics).toEqual(['deferred', 'changelog', 'p1', 'p0']))

test('what a member owns travels to the leader, which gives every topic\'s partition of a task to one member', async () => {
  const owner = wholeTasksAssigner(3, topics, () => [{ task: 2, claimOffset: 40 }])(config)
  const other = wholeTasksAssigner(3, topics, () => [])(config)
  const members = [{ memberId: 'other', memberMetadata: other.protocol({ topics }).metadata }, { memberId: 'owner', memberMetadata: owner.protocol({ topics }).metadata }]
  const assignments = new Map((await other.assign({ members, topics })).map(({ memberId, memberAssignment }) => [memberId, memberAssignment]))
  for (const topic of topics) {
    const ofOwner = assignedTasks(assignments.get('owner')!, topic)
    expect(ofOwner).toContain(2)
    expect([...ofOwner, ...assignedTasks(assignments.get('other')!, topic)].toSorted()).toEqual([0, 1, 2])
  }
  expect(Object.keys(AssignerProtocol.MemberAssignment.decode(assignments.get('other')!)!.assignment)).toEqual(topics)
})

test('a member of another version, whose data can\'t be read, owns nothing', async () => {
  const { assign } = wholeTasksAssigner(1, topics, () => [])(config)
  const memberMetadata = AssignerProtocol.MemberMetadata.encode({ version: 9, topics: [...topics], userData: Buffer.from('garbage') })
  expect(await assign({ members: [{ memberId: 'a', memberMetadata }], topics: [...topics] })).toHaveLength(1)
})
