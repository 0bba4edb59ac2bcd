// A namespace of its own with a registry topic, inboxes of one agent, a group that stands still, and governors on them.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Admin, Kafka, Producer } from 'kafkajs'
import { createKafka, createLogger, type PartitionReader, type ReaderRecord, startPartitionReader } from '@mesh/runtime'
import { type AgentRegistration, connectCodec, type Codec, type Pressure } from '@mesh/schemas'
import { agentTopics, applyPlan, desiredTopics, plan, topicNames } from '@mesh/topics'
import { type GovernorOptions, type RunningGovernor, startGovernor } from '../src/process.ts'
import { inboxGroup } from '../src/inboxes.ts'

const { MESH_KAFKA_BROKERS = '', MESH_SCHEMA_REGISTRY_URL = '' } = process.env
const theBrokers = MESH_KAFKA_BROKERS.split(',')
const partitions = 2
const waitMsMax = 50_000
const quickCircuits = { circuitCheckMs: 1_000, circuitWindowMs: 60_000, circuitCallsMin: 10, circuitProbesMax: 10 }

export interface SaidPressure { readonly key: string, readonly pressure: Pressure | null, readonly appendedAtMs: number }

const work = { name: 'work', inputSchema: '{}', outputSchema: '{}', contractHash: 'work', retry: null, idleTimeoutMs: null, fallback: null, chainLimits: null }

export class GovernorStand {
  readonly namespace = `t-gov-${Math.random().toString(36).slice(2, 10)}`
  readonly names = topicNames(this.namespace)
  readonly brokers: readonly string[]
  readonly kafka: Kafka
  readonly admin: Admin
  readonly codec: Codec
  /** All records of mesh.pressure, in order. */
  readonly said: SaidPressure[] = []
  readonly #writer: Producer
  readonly #running: RunningGovernor[] = []
  readonly #children: ChildProcess[] = []
  #pressure: PartitionReader | undefined

  static async open (taskCount = 1, brokers: readonly string[] = theBrokers): Promise<GovernorStand> {
    const stand = new GovernorStand(await connectCodec({ schemaRegistryUrl: MESH_SCHEMA_REGISTRY_URL }), brokers)
    const { admin, namespace, names, codec, said } = stand
    await Promise.all([admin.connect(), stand.#writer.connect()])
    const used = [names.registry, names.pressure, names.circuits, names.alerts, names.changes, names.audit]
    const desired = desiredTopics({ namespace, taskCount, replicationFactor: 1 }).filter(({ name }) => used.includes(name))
    await applyPlan(admin, plan(desired, []), { desired })
    stand.#pressure = await startPartitionReader({
      kafka: createKafka({ brokers, clientId: `${namespace}.check`, logger: createLogger({ name: 'test', level: 'silent' }) }),
      topic: names.pressure, partitions: [0], readerId: `${namespace}.check`, from: 'earliest', logger: createLogger({ name: 'test', level: 'silent' }),
      onRecords (records) {
        for (const { key, value, appendedAtMs } of records) said.push({ key: String(key), pressure: value === null ? null : codec.decode('Pressure', value), appendedAtMs })
      }
    })
    return stand
  }

  private constructor (codec: Codec, brokers: readonly string[]) {
    this.codec = codec
    this.brokers = brokers
    this.kafka = createKafka({ brokers, clientId: this.namespace, logger: createLogger({ name: 'test', level: 'silent' }) })
    this.admin = this.kafka.admin()
    this.#writer = this.kafka.producer({ transactionalId: `${this.namespace}.writer`, idempotent: true, maxInFlightRequests: 1 })
  }

  async register (name: string, changes: Partial<AgentRegistration> = {}): Promise<void> {
    const registration: AgentRegistration = {
      name, version: '1.0.0', domain: 'test', ownerTeam: 'test', role: 'bot', capabilities: [work], dependencies: [], maxConcurrent: 5, slaP95Ms: 200,
      latencyProfileMs: null, costProfileMicros: null, allowedModels: [], allowedTools: [], confidenceThreshold: null, regions: [], fallback: null,
      urgentCapabilities: [], chainLimits: null, inboxPartitions: partitions, answersPartitions: 1, status: 'active', registeredAtMs: Date.now(), ...changes
    }
    const desired = agentTopics({ name, inboxPartitions: partitions, answersPartitions: 1 }, { namespace: this.namespace, replicationFactor: 1 })
    await applyPlan(this.admin, plan(desired, []), { desired })
    await this.#write(this.names.registry, [{ key: `${name}@1.0.0`, value: this.codec.encode('AgentRegistration', registration), partition: 0 }])
  }

  async unregister (name: string): Promise<void> {
    await this.#write(this.names.registry, [{ key: `${name}@1.0.0`, value: null, partition: 0 }])
  }

  /** So many deliveries, each in a transaction of its own, so that a marker follows each. */
  async deliver (agent: string, priority: number, count: number, bytes = 300): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.#write(this.names.inbox(agent, priority), [{ key: null, value: Buffer.alloc(bytes), partition: i % partitions }])
    }
  }

  async abort (agent: string, priority: number, count: number): Promise<void> {
    const transaction = await this.#writer.transaction()
    const messages = Array.from({ length: count }, () => ({ value: Buffer.alloc(300), partition: 0 }))
    await transaction.send({ topic: this.names.inbox(agent, priority), messages })
    await transaction.abort()
  }

  /** Of the class's `count` deliveries, the agent's group handles so many of each partition, and commits as the SDK does. */
  async handle (agent: string, priority: number, count: number, eachMax = Infinity): Promise<void> {
    const topic = this.names.inbox(agent, priority)
    const records: ReaderRecord[] = []
    const reader = await startPartitionReader({
      kafka: this.kafka, topic, partitions: Array.from({ length: partitions }, (_, i) => i), readerId: `${this.namespace}.hand`, from: 'earliest',
      logger: createLogger({ name: 'test', level: 'silent' }), onRecords: some => { records.push(...some) }
    })
    await until(() => records.length >= count, `${count} deliveries are read`)
    await reader.close()
    const next = Map.groupBy(records, ({ partition }) => partition)
    await this.admin.setOffsets({
      groupId: inboxGroup(this.namespace, agent), topic,
      partitions: [...next].map(([partition, some]) => ({ partition, offset: String(some[Math.min(eachMax, some.length) - 1]!.offset + 1) }))
    })
  }

  async start (changes: Partial<GovernorOptions> = {}): Promise<RunningGovernor> {
    const governor = await startGovernor(
      {
        kafkaBrokers: this.brokers, schemaRegistryUrl: MESH_SCHEMA_REGISTRY_URL, namespace: this.namespace, healthPort: 0, passMs: 200,
        ...quickCircuits, ...changes
      },
      createLogger({ name: 'governor', level: process.env['MESH_TEST_LOG'] ?? 'silent' }))
    this.#running.push(governor)
    return governor
  }

  spawnGovernor (env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('../src/main.ts', import.meta.url))], {
      env: { ...process.env, MESH_NAMESPACE: this.namespace, MESH_HEALTH_PORT: '0', MESH_LOG_LEVEL: 'warn', MESH_GOVERNOR_PASS_MS: '200', MESH_CIRCUIT_CHECK_MS: '1000', ...env }, stdio: 'inherit'
    })
    this.#children.push(child)
    return child
  }

  async drain (): Promise<void> {
    for (const governor of this.#running.splice(0)) await governor.drain()
    for (const child of this.#children.splice(0)) await kill(child)
  }

  /** What the topic says of a class now. */
  now (agent: string, priority: number) {
    return this.said.findLast(({ key }) => key === agent)?.pressure?.classes[priority]
  }

  heartbeats (): SaidPressure[] { return this.said.filter(({ key }) => key === 'heartbeat') }

  async close (): Promise<void> {
    await this.drain()
    await this.#pressure?.close()
    await this.#writer.disconnect()
    await this.admin.deleteTopics({ topics: (await this.admin.listTopics()).filter(topic => topic.startsWith(`${this.namespace}.`)) })
    await this.admin.disconnect()
  }

  async #write (topic: string, messages: { key: string | null, value: Buffer | null, partition: number }[]): Promise<void> {
    const transaction = await this.#writer.transaction()
    await transaction.send({ topic, messages })
    await transaction.commit()
  }
}

export async function kill (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

export async function until (isSo: () => boolean, what: string, pollMs = 10): Promise<void> {
  const overAtMs = performance.now() + waitMsMax
  while (!isSo()) {
    if (performance.now() > overAtMs) throw new Error(`waited ${waitMsMax} ms in vain until ${what}`)
    await pause(pollMs)
  }
}

export interface Readiness { readonly status: number, readonly problems: Readonly<Record<string, string>>, readonly notes: Readonly<Record<string, string>> }

export async function readiness (healthPort: number): Promise<Readiness> {
  const response = await fetch(`http://127.0.0.1:${healthPort}/readyz`)
  const { problems, notes } = await response.json() as Omit<Readiness, 'status'>
  return { status: response.status, problems, notes }
}
