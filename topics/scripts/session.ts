// What both commands do: ask the broker what it has, and compare.
import { Kafka, logLevel } from 'kafkajs'
import type { Admin } from 'kafkajs'
import { desiredTopics, observeTopics, observedAgentTopics, plan } from '../src/index.ts'
import type { DesiredTopic, TopicPlan } from '../src/index.ts'
import type { ScriptConfig } from './config.ts'

const replicasMax = 3

// kafkajs arms a timer with a negative time-out. Processes have that patched by the runtime; a command only doesn't show it.
process.removeAllListeners('warning')
process.on('warning', warning => { if (warning.name !== 'TimeoutNegativeWarning') console.error(String(warning)) })

export interface Planned {
  readonly desired: readonly DesiredTopic[]
  readonly topicPlan: TopicPlan
}

export async function withAdmin<T> (config: ScriptConfig, use: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({ brokers: config.brokers, clientId: `${config.namespace}.topics`, logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 6 } })
  const admin = kafka.admin()
  try {
    await admin.connect()
  } catch (error) {
    throw new Error(`Kafka at ${config.brokers.join(', ')} (${config.found}) does not answer: ${(error as Error).message}. Start it with \`npm run up\`, or correct MESH_KAFKA_BROKERS.`)
  }
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

export async function makePlan (admin: Admin, config: ScriptConfig): Promise<Planned> {
  const { brokers } = await admin.describeCluster()
  const replicationFactor = config.replicationFactor ?? Math.min(replicasMax, brokers.length)
  const observed = await observeTopics(admin, config)
  const options = { namespace: config.namespace, taskCount: config.taskCount, replicationFactor }
  const desired = [...desiredTopics(options), ...observedAgentTopics(observed, options)]
  return { desired, topicPlan: plan(desired, observed) }
}
