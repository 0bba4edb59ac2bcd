// A broker that has forgotten the group's offsets (Kafka 4.2.0 was seen to, killed and started again on a busy machine), or an
// operator who reset them: what the audit shows as decided is not decided again.
import { afterEach, expect, test } from '@jest/globals'
import { Kafka, logLevel } from 'kafkajs'
import { flawless, settleAndJudge } from './judgement.ts'
import { loadAgents, sendLoad } from './load.ts'
import { MeshStand } from './mesh-stand.ts'

let stand: MeshStand
afterEach(() => stand.close())

test('the offsets of the coordinators\' group deleted while none runs: each dispatch delivered, decided and answered once, and so is garbage', async () => {
  stand = new MeshStand()
  await stand.open(loadAgents)
  stand.startCoordinator('c1')
  const before = await sendLoad(stand, 1_000, 500)
  await stand.producer.send({ topic: stand.names.dispatch(1), messages: [{ key: 'x', value: 'garbage', partition: 0 }] })
  await stand.settled()
  const decided = stand.audit.length
  stand.signal('c1', 'SIGTERM')
  await stand.untilGone('c1')
  await forgetGroup()
  stand.startCoordinator('c2')
  const after = await sendLoad(stand, 1_000, 500, 'later')
  expect(await settleAndJudge([...before, ...after], stand)).toEqual({ ...flawless, notSuccessful: ['null: GARBAGE'] })
  expect(stand.audit.filter(({ value: { decision, reason } }) => decision === 'repeated' || reason === 'STALE' || reason === 'DUPLICATE')).toEqual([])
  expect(stand.deadLetters).toHaveLength(1)
  expect(stand.audit.length).toBeLessThan(3 * decided)
}, 240_000)

async function forgetGroup (): Promise<void> {
  const admin = new Kafka({ brokers: process.env.MESH_KAFKA_BROKERS!.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.deleteGroups([`${stand.namespace}.coordinator`])
  const offsets = await admin.fetchOffsets({ groupId: `${stand.namespace}.coordinator`, topics: [stand.names.dispatch(1)] })
  expect(offsets.flatMap(({ partitions }) => partitions).every(({ offset }) => offset === '-1')).toBe(true)
  await admin.disconnect()
}
