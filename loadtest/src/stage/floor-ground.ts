// A floor: the same topics, the same load, and nothing between them but Kafka.
import { Stage } from '@mesh/stage'
import { agentTopics, createTopics } from '@mesh/topics'
import { Kafka, logLevel } from 'kafkajs'
import type { FloorPlan } from '../floor/passing.ts'
import type { FloorMode } from '../core/result.ts'
import type { Workload } from '../core/workload.ts'
import { targetName } from '../load/load-names.ts'
import type { Ground } from './ground.ts'
import { LoadProcess } from './load-process.ts'
import { namespace } from './mesh-ground.ts'

export interface FloorGround { readonly ground: Ground, readonly clientLibrary: string }

export async function startFloorGround (mode: FloorMode, workload: Workload, boundMs: number): Promise<FloorGround> {
  const stage = await Stage.open({ name: 'loadtest', namespace, taskCount: workload.tasks, boundMs })
  try {
    const { targets, inboxPartitions } = workload.agents
    const brokers = stage.stack.addresses.kafkaBrokers
    await createInboxes(brokers, targets, inboxPartitions)
    const plan: FloorPlan = { brokers, namespace, taskCount: workload.tasks, targets, inboxPartitions }
    const told = JSON.stringify(plan)
    const [pass, sink, driver] = [
      await LoadProcess.start(stage, 'pass', 'floor/pass-main.ts', [mode, told]),
      await LoadProcess.start(stage, 'sink', 'floor/sink-main.ts', [told]),
      await LoadProcess.start(stage, 'driver', 'floor/driver-main.ts', [told])
    ]
    await Promise.all([pass, sink, driver].map(process => process.ready()))
    return { ground: { stage, driver, takers: [sink] }, clientLibrary: mode === 'task-rounds' ? 'kafkajs 2.2.4 with @mesh/runtime' : 'kafkajs 2.2.4' }
  } catch (error) {
    await stage.close()
    throw error
  }
}

async function createInboxes (brokers: readonly string[], targets: number, inboxPartitions: number): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], clientId: 'floor', logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const topicsOf = (target: number) => agentTopics({ name: targetName(target), inboxPartitions, answersPartitions: 1 }, { namespace, replicationFactor: 1 })
  await createTopics(admin, Array.from({ length: targets }, (_, target) => topicsOf(target)).flat())
  await admin.disconnect()
}
