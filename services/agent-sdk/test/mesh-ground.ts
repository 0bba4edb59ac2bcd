// The real thing: registry and coordinator as processes, on topics of their own.
import { freePort } from '@mesh/local-stack'
import { createLogger, type PartitionReader, startPartitionReader } from '@mesh/runtime'
import { connectCodec } from '@mesh/schemas'
import { applyPlan, desiredTopics, observeTopics, plan, topicNames } from '@mesh/topics'
import { Kafka, logLevel } from 'kafkajs'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StartOptions } from '../src/index.ts'

export interface MeshGround {
  readonly options: StartOptions
  readonly namespace: string
  readonly kafka: Kafka
  /** Environment of a process of this mesh. */
  readonly environment: Readonly<Record<string, string>>
  readonly coordinator: ChildProcess
  stop (): Promise<void>
}

const repository = join(import.meta.dirname, '../../..')
const readyMsMax = 30_000
const taskCount = 2

/** `settings`: of every process of this mesh. */
export async function startMeshGround (settings: Readonly<Record<string, string>> = {}): Promise<MeshGround> {
  const brokers = process.env.MESH_KAFKA_BROKERS!.split(',')
  const schemaRegistryUrl = process.env.MESH_SCHEMA_REGISTRY_URL!
  const namespace = `sdk-${Math.random().toString(36).slice(2, 10)}`
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
  await withAdmin(kafka, async admin => {
    const desired = desiredTopics({ namespace, taskCount, replicationFactor: 1 })
    await applyPlan(admin, plan(desired, await observeTopics(admin, { namespace })), { desired })
  })
  const registryPort = await freePort()
  const keysFolder = mkdtempSync(join(tmpdir(), 'mesh-keys-'))
  const common = { MESH_KAFKA_BROKERS: brokers.join(','), MESH_SCHEMA_REGISTRY_URL: schemaRegistryUrl, MESH_NAMESPACE: namespace, MESH_LOG_LEVEL: 'warn', REDIS_URL: process.env.REDIS_URL!, MESH_KEYS_FOLDER: keysFolder, ...settings }
  const starting = await Promise.allSettled([
    startProcess('services/registry/src/main.ts', { ...common, MESH_REGISTRY_PORT: String(registryPort) }),
    startProcess('services/coordinator/src/main.ts', { ...common, MESH_TASKS: String(taskCount), MESH_COORDINATOR_ID: 'coordinator-1' })
  ])
  const processes = starting.flatMap(result => result.status === 'fulfilled' ? [result.value] : [])
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map(stopProcess))
    await deleteNamespace(kafka, namespace)
    rmSync(keysFolder, { recursive: true })
  }
  const failed = starting.find(result => result.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  const options: StartOptions = { brokers, schemaRegistryUrl, registryUrl: `http://127.0.0.1:${registryPort}`, namespace, logLevel: 'silent', keysFolder }
  return {
    options, namespace, kafka, stop, coordinator: processes[1]!, environment: { ...common, MESH_REGISTRY_URL: options.registryUrl! }
  }
}

/** Resolves when the process says that it is ready. */
export async function startProcess (main: string, env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<ChildProcess> {
  const healthPort = await freePort()
  const child = spawn(process.execPath, [join(repository, main), ...args], {
    cwd: repository, env: { PATH: process.env.PATH, ...env, MESH_HEALTH_PORT: String(healthPort) }, stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream!.on('data', chunk => { said = (said + String(chunk)).slice(-4_000) })
  const overAtMs = performance.now() + readyMsMax
  for (;;) {
    const isReady = await fetch(`http://127.0.0.1:${healthPort}/readyz`).then(response => response.ok, () => false)
    if (isReady) return child
    if (child.exitCode !== null || performance.now() > overAtMs) {
      child.kill('SIGKILL')
      throw new Error(`${main} did not become ready: ${said}`)
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

export async function stopProcess (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(killer)
}

async function deleteNamespace (kafka: Kafka, namespace: string): Promise<void> {
  await withAdmin(kafka, async admin => {
    const topics = (await admin.listTopics()).filter(topic => topic.startsWith(`${namespace}.`))
    if (topics.length > 0) await admin.deleteTopics({ topics })
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter(groupId => groupId.startsWith(`${namespace}.`))
    await deleteGroups(admin, groups)
  })
}

/** A member that was killed stays in its group until its session is over. */
async function deleteGroups (admin: ReturnType<Kafka['admin']>, groups: readonly string[]): Promise<void> {
  const overAtMs = performance.now() + 15_000
  for (let left = [...groups]; left.length > 0;) {
    const error = await admin.deleteGroups(left).then(() => undefined, (failure: Error & { groups?: { groupId: string }[] }) => failure)
    if (error === undefined) return
    if (error.groups === undefined || performance.now() > overAtMs) throw error
    left = error.groups.map(({ groupId }) => groupId)
    await new Promise(resolve => setTimeout(resolve, 250))
  }
}

/** Gives an agent a quota of its own, as the registry would. */
export async function limit ({ namespace, kafka, options }: MeshGround, agent: string, ratePerS: number, burst = ratePerS): Promise<void> {
  const codec = await connectCodec({ schemaRegistryUrl: options.schemaRegistryUrl! })
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const quota = { quotaId: `agent/${agent}`, ratePerS, burst, outstandingMax: 100_000, changedBy: 'test', changedAtMs: Date.now() }
  await producer.send({ topic: topicNames(namespace).quotas, messages: [{ key: quota.quotaId, value: codec.encode('Quota', quota), partition: 0 }] })
  await producer.disconnect()
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

/** Reads a topic beside the mesh, as long as the reader isn't closed. */
export async function readTopic (
  { kafka, namespace }: MeshGround, topic: string, from: 'earliest' | 'latest', take: (value: Buffer, appendedAtMs: number) => void
): Promise<PartitionReader> {
  const { topics } = await withAdmin(kafka, admin => admin.fetchTopicMetadata({ topics: [topic] }))
  return startPartitionReader({
    kafka, topic, partitions: topics[0]!.partitions.map(({ partitionId }) => partitionId), readerId: `${namespace}.test`, from,
    logger: createLogger({ name: 'test', level: 'silent' }), onRecords: records => records.forEach(({ value, appendedAtMs }) => { if (value !== null) take(value, appendedAtMs) })
  })
}
