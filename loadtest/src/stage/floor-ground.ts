// A floor: topics like the mesh's, the same load, and nothing between them but Kafka.
import type { Stage } from '@mesh/stage'
import { agentTopics, createTopics, desiredTopics } from '@mesh/topics'
import { Kafka, logLevel } from 'kafkajs'
import type { FloorPlan } from '../floor/passing.ts'
import type { FloorMode } from '../core/result.ts'
import type { Workload } from '../core/workload.ts'
import { targetName } from '../load/load-names.ts'
import type { Ground } from './ground.ts'
import { LoadProcess } from './load-process.ts'

/** The broker that the mesh has used, warm as it is, and topics of its own. */
export async function startFloorGround (stage: Stage, mode: FloorMode, workload: Workload): Promise<Ground> {
  const { tasks, agents: { targets, inboxPartitions } } = workload
  const brokers = stage.stack.addresses.kafkaBrokers
  const namespace = `floor-${mode}`
  const plan: FloorPlan = { brokers, namespace, taskCount: tasks, targets, inboxPartitions }
  await createFloorTopics(plan)
  const told = JSON.stringify(plan)
  const [pass, sink, driver] = [
    await LoadProcess.start(stage, `${mode}-pass`, 'floor/pass-main.ts', [mode, told]),
    await LoadProcess.start(stage, `${mode}-sink`, 'floor/sink-main.ts', [told]),
    await LoadProcess.start(stage, `${mode}-driver`, 'floor/driver-main.ts', [told])
  ]
  await Promise.all([pass, sink, driver].map(process => process.ready()))
  return { stage, driver, takers: [sink] }
}

async function createFloorTopics ({ brokers, namespace, taskCount, targets, inboxPartitions }: FloorPlan): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], clientId: 'floor', logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const options = { namespace, replicationFactor: 1 }
  const inboxesOf = (target: number) => agentTopics({ name: targetName(target), inboxPartitions, answersPartitions: 1 }, options)
  await createTopics(admin, [...desiredTopics({ ...options, taskCount }), ...Array.from({ length: targets }, (_, target) => inboxesOf(target)).flat()])
  await admin.disconnect()
}
