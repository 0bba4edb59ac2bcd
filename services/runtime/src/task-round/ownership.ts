// Whether the group itself says that a task is ours: asked before a failed task fences again, so that a zombie doesn't
// fence the owner that came after it (step 12).
import type { Admin } from 'kafkajs'
import { reasonOf } from './failures.ts'
import { assignedTasks } from './group-protocol.ts'
import type { RunnerLogger } from './options.ts'

export interface OwnershipQuestion {
  readonly groupId: string
  readonly memberId: string | undefined
  /** Any topic of which the task has a partition. */
  readonly topic: string
  readonly task: number
}

export async function groupSaysOurs (admin: Admin, { groupId, memberId, topic, task }: OwnershipQuestion, logger: RunnerLogger): Promise<boolean> {
  try {
    const { groups: [group] } = await admin.describeGroups([groupId])
    const own = group?.members.find(member => member.memberId === memberId)
    return group?.state === 'Stable' && own !== undefined && assignedTasks(own.memberAssignment, topic).includes(task)
  } catch (error) {
    logger.debug({ reason: reasonOf(error) }, 'the group could not be described')
    return false
  }
}
