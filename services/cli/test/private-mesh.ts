// The topics of a mesh of its own on the test stack's broker, and events on its audit topic, written as a coordinator writes them.
import { createKafka } from '@mesh/runtime'
import { connectCodec, type AuditEvent, type Codec } from '@mesh/schemas'
import { agentTopics, createTopics, desiredTopics, topicNames, type TopicNames } from '@mesh/topics'
import type { Admin, Offsets, Producer } from 'kafkajs'
import { randomBytes } from 'node:crypto'
import { pino } from 'pino'

export interface PrivateMesh {
  readonly names: TopicNames
  readonly admin: Admin
  readonly producer: Producer
  readonly codec: Codec
  readonly environment: Readonly<Record<string, string>>
  audit (...events: readonly AuditEvent[]): Promise<void>
  /** As coordinators commit: in a transaction. */
  commit (group: string, topics: Offsets['topics']): Promise<void>
  close (): Promise<void>
}

export async function openPrivateMesh (agents: readonly string[]): Promise<PrivateMesh> {
  const { MESH_KAFKA_BROKERS = '', MESH_SCHEMA_REGISTRY_URL = '' } = process.env
  const namespace = `cli-${randomBytes(4).toString('hex')}`
  const names = topicNames(namespace)
  const kafka = createKafka({ brokers: MESH_KAFKA_BROKERS.split(','), clientId: namespace, logger: pino({ level: 'silent' }) })
  const admin = kafka.admin()
  // A topic just made may refuse one partition and take another, and what is sent again must not be there twice.
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await Promise.all([admin.connect(), producer.connect()])
  const options = { namespace, replicationFactor: 1 }
  const agentsTopics = agents.flatMap(name => agentTopics({ name, inboxPartitions: 2, answersPartitions: 1 }, options))
  const topics = [...desiredTopics({ ...options, taskCount: 2 }), ...agentsTopics]
  await createTopics(admin, topics)
  const codec = await connectCodec({ schemaRegistryUrl: MESH_SCHEMA_REGISTRY_URL })
  return {
    names, admin, producer, codec,
    environment: { MESH_KAFKA_BROKERS, MESH_SCHEMA_REGISTRY_URL, MESH_NAMESPACE: namespace },
    async audit (...events) {
      const messageOf = (event: AuditEvent) =>
        ({ key: `${event.workflowId}/${event.dispatchId}`, partition: event.task, value: codec.encode('AuditStory', { events: [event], eventsDropped: 0 }) })
      await producer.send({ topic: names.audit, messages: events.map(messageOf) })
    },
    async commit (group, topics) {
      const committer = kafka.producer({ transactionalId: `${group}.commits`, idempotent: true, maxInFlightRequests: 1 })
      await committer.connect()
      const transaction = await committer.transaction()
      await transaction.sendOffsets({ consumerGroupId: group, topics })
      await transaction.commit()
      await committer.disconnect()
    },
    async close () {
      const ours = (await admin.listTopics()).filter(topic => topic.startsWith(`${namespace}.`))
      await admin.deleteTopics({ topics: ours })
      await Promise.all([admin.disconnect(), producer.disconnect()])
    }
  }
}
