// Step 2: a restarted process waits until its former self has left the group.
import type { Admin } from 'kafkajs'
import type { Logger } from '../logger.ts'
import { messageOf } from './failures.ts'

const pollMs = 100
/** A dead member leaves after its session; what is still there later belongs to somebody alive with the same id. */
const sessionsMax = 2

export async function untilFormerSelfLeft (admin: Admin, groupId: string, clientId: string, sessionTimeoutMs: number, logger: Logger): Promise<void> {
  const untilMs = performance.now() + sessionsMax * sessionTimeoutMs
  for (let told = false; performance.now() < untilMs;) {
    if (!await isMember(admin, groupId, clientId, logger)) return
    if (!told) logger.info({ clientId }, 'waiting until this process\'s former self has left the group')
    told = true
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
  logger.warn({ clientId }, 'another member with the same client id stays in the group; give each process an id of its own')
}

async function isMember (admin: Admin, groupId: string, clientId: string, logger: Logger): Promise<boolean> {
  try {
    const { groups: [group] } = await admin.describeGroups([groupId])
    return group?.members.some(member => member.clientId === clientId) === true
  } catch (error) {
    // The first use of a group meets a broker that is still making its offsets topic.
    logger.debug({ reason: messageOf(error) }, 'the group could not be described yet')
    return true
  }
}
