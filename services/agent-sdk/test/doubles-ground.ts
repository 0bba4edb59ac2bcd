// Real topics on the real broker, with doubles in place of the registry and the coordinator.
import { connectCodec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { Kafka, logLevel } from 'kafkajs'
import { type Agent, startAgents, type StartOptions } from '../src/index.ts'
import type { Ground } from './agent-features.ts'
import { type CoordinatorDouble, startCoordinatorDouble } from './coordinator-double.ts'
import { type RegistryDouble, startRegistryDouble } from './registry-double.ts'

export interface DoublesGround extends Ground {
  readonly options: StartOptions
  readonly namespace: string
  readonly kafka: Kafka
  readonly registry: RegistryDouble
  readonly coordinator: CoordinatorDouble
}

export const dispatchPartitions = 2

export async function startDoublesGround (): Promise<DoublesGround> {
  const brokers = process.env.MESH_KAFKA_BROKERS!.split(',')
  const schemaRegistryUrl = process.env.MESH_SCHEMA_REGISTRY_URL!
  const namespace = `sdk-${Math.random().toString(36).slice(2, 10)}`
  const names = topicNames(namespace)
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
  await withAdmin(kafka, admin => admin.createTopics({
    waitForLeaders: true, topics: names.dispatchAll.map(topic => ({ topic, numPartitions: dispatchPartitions, replicationFactor: 1 }))
  }))
  const registry = await startRegistryDouble({ brokers, names })
  const coordinator = await startCoordinatorDouble({ brokers, names, codec: await connectCodec({ schemaRegistryUrl }), registry })
  const options: StartOptions = { brokers, schemaRegistryUrl, registryUrl: registry.url, namespace, logLevel: 'silent' }
  const started: Agent[] = []
  return {
    options, namespace, kafka, registry, coordinator,
    async start (agents) {
      started.push(...agents)
      await startAgents(agents, options)
    },
    async stop () {
      await Promise.all(started.map(agent => agent.stop()))
      await Promise.all([coordinator.stop(), registry.stop()])
      await deleteNamespace(kafka, namespace)
    }
  }
}

export async function deleteNamespace (kafka: Kafka, namespace: string): Promise<void> {
  await withAdmin(kafka, async admin => {
    const topics = (await admin.listTopics()).filter(topic => topic.startsWith(`${namespace}.`))
    if (topics.length > 0) await admin.deleteTopics({ topics })
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter(groupId => groupId.startsWith(`${namespace}.`))
    if (groups.length > 0) await admin.deleteGroups(groups)
  })
}

export async function withAdmin<T> (kafka: Kafka, work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}
