// Step 2: a restarted process waits until its former self has left the group. A join while a dead member is listed would
// stall everybody's fetch loop until that member's session ends.
import type { Admin } from 'kafkajs'
import { reasonOf } from './failures.ts'
import type { RunnerLogger } from './options.ts'

const pollMs = 100
/** A dead member leaves after its session; what is still there later belongs to somebody alive with the same id. */
const sessionsMax = 2

export interface FormerSelf {
  readonly groupId: string
  readonly clientId: string
  readonly sessionTimeoutMs: number
}

export async function untilFormerSelfLeft (admin: Admin, { groupId, clientId, sessionTimeoutMs }: FormerSelf, logger: RunnerLogger): Promise<void> {
  const untilMs = performance.now() + sessionsMax * sessionTimeoutMs
  for (let told = false; performance.now() < untilMs; told = true) {
    if (!await isMember(admin, groupId, clientId, logger)) return
    if (!told) logger.info({ clientId }, 'waiting until this process\'s former self has left the group')
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
  logger.warn({ clientId }, 'another member with the same client id stays in the group; give each process an id of its own')
}

async function isMember (admin: Admin, groupId: string, clientId: string, logger: RunnerLogger): Promise<boolean> {
  try {
    const { groups: [group] } = await admin.describeGroups([groupId])
    return group?.members.some(member => member.clientId === clientId) === true
  } catch (error) {
    // The first use of a group meets a broker that is still making its offsets topic.
    logger.debug({ reason: reasonOf(error) }, 'the group could not be described yet')
    return true
  }
}
