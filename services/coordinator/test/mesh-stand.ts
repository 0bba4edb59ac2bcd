// A mesh in a namespace of its own, seen only through its topics: coordinator processes, agents that exist only as
// registry records, and plain Kafka clients as source, target and judge. Shares the schemas with the mesh, nothing else.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LogReader, patchAbortedRecords, runAndComeBack, startLogReader } from '@mesh/runtime'
import { type AgentKey, type AgentRegistration, type AuditEvent, type Codec, connectCodec, type Delivery, type Dispatch, type Notice, type Quota } from '@mesh/schemas'
import { createSigningKey, digest, signBatch, type SigningKey } from '@mesh/signing'
import { derivedId, linkOf } from '@mesh/signing/chain'
import { agentTopics, createTopics, desiredTopics, partitionFor, topicNames } from '@mesh/topics'
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs'

// A plain kafkajs reader lets records of some aborted transactions through, and would see doubles that aren't there.
patchAbortedRecords()

export const taskCount = 4
/** As infra/local starts coordinators: large buffers go back to the system when they are freed. */
const givingBackMemory = { MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '131072' }
const scripts = { plain: '../src/main.ts', faulty: './faulty-main.ts' }

export interface Seen<T> { readonly topic: string, readonly partition: number, readonly offset: number, readonly key: string, readonly value: T }

const unsigned = { keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) }

export const agentKey = (agent: string, { keyId, publicKey }: SigningKey, change: Partial<AgentKey> = {}): AgentKey =>
  ({ keyId, agent, publicKey, notBeforeMs: 0, notAfterMs: Date.now() + 3_600_000, revokedAtMs: null, changedBy: 'test', changedAtMs: 0, ...change })

export class MeshStand {
  readonly namespace = `t${randomUUID().slice(0, 8)}`
  readonly names = topicNames(this.namespace)
  codec!: Codec
  producer!: Producer
  readonly inbox: Seen<{ delivery: Delivery, dispatch: Dispatch }>[] = []
  readonly answers: Seen<{ delivery?: Delivery, dispatch?: Dispatch, notice?: Notice }>[] = []
  readonly audit: Seen<AuditEvent>[] = []
  readonly deadLetters: Seen<{ code: string }>[] = []
  /** What each agent signs with, by name. */
  readonly keys = new Map<string, SigningKey>()
  onInbox: (dispatch: Dispatch, delivery: Delivery) => void = () => undefined
  readonly #kafka: Kafka
  readonly #brokers: string
  readonly #admin: Admin
  readonly #processes = new Map<string, ChildProcess>()
  readonly #closers: (() => Promise<void>)[] = []
  /** What the judge reads, and how far it has come, by topic/partition. */
  #judged: readonly string[] = []
  readonly #next = new Map<string, number>()

  constructor (brokers = process.env.MESH_KAFKA_BROKERS!) {
    this.#brokers = brokers
    this.#kafka = new Kafka({ clientId: 'judge', brokers: brokers.split(','), logLevel: logLevel.NOTHING, retry: { initialRetryTime: 20, maxRetryTime: 500, retries: 80 } })
    this.#admin = this.#kafka.admin()
  }

  /** Agents may send as they like where no quota of theirs is given. */
  async open (agents: readonly AgentRegistration[], quotas: readonly Quota[] = []): Promise<void> {
    this.codec = await connectCodec({ schemaRegistryUrl: process.env.MESH_SCHEMA_REGISTRY_URL! })
    await this.#admin.connect()
    const placement = { namespace: this.namespace, replicationFactor: 1 }
    await createTopics(this.#admin, [...desiredTopics({ ...placement, taskCount }), ...agents.flatMap(agent => agentTopics(agent, placement))])
    this.producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await this.producer.connect()
    await this.register(...agents)
    await this.limit(quota('role/bot', 100_000), ...quotas)
    await this.#read(agents)
  }

  async limit (...quotas: readonly Quota[]): Promise<void> {
    await this.producer.send({ topic: this.names.quotas, messages: quotas.map(each => ({ key: each.quotaId, value: this.codec.encode('Quota', each), partition: 0 })) })
  }

  async register (...agents: readonly AgentRegistration[]): Promise<void> {
    await this.producer.send({
      topic: this.names.keys, messages: agents.filter(({ name }) => !this.keys.has(name)).map(({ name }) => this.#newKey(name))
    })
    await this.producer.send({
      topic: this.names.registry, messages: agents.map(agent => ({ key: `${agent.name}@${agent.version}`, value: this.codec.encode('AgentRegistration', agent), partition: 0 }))
    })
  }

  #newKey (agent: string) {
    const { key } = createSigningKey()
    this.keys.set(agent, key)
    return { key: key.keyId, value: this.codec.encode('AgentKey', agentKey(agent, key)), partition: 0 }
  }

  async #read (agents: readonly AgentRegistration[]): Promise<void> {
    const consumer = this.#kafka.consumer({ groupId: `${this.namespace}.judge`, maxWaitTimeInMs: 20, minBytes: 1 })
    const { names, codec } = this
    const inboxes = new Set(agents.flatMap(({ name }) => names.inboxAll(name)))
    const answers = new Set(agents.map(({ name }) => names.answers(name)))
    await consumer.connect()
    this.#judged = [...inboxes, ...answers, names.audit, names.deadLetter]
    await consumer.subscribe({ topics: [...this.#judged], fromBeginning: true })
    // The broker may restart: the judge must not be what gives up.
    const stop = await runAndComeBack(consumer, () => consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        for (const message of messages) {
          const offset = Number(message.offset)
          // A rejoin of the judge itself reads again what it has read.
          if (offset < (this.#next.get(`${topic}/${partition}`) ?? 0)) continue
          this.#next.set(`${topic}/${partition}`, offset + 1)
          if (message.value === null || message.headers?.claim !== undefined) continue
          const place = { topic, partition, offset, key: message.key?.toString() ?? '' }
          if (topic === names.audit) this.audit.push({ ...place, value: codec.decode('AuditStory', message.value).events.at(-1)! })
          else if (topic === names.deadLetter) this.deadLetters.push({ ...place, value: codec.decode('DeadLetter', message.value) })
          else if (inboxes.has(topic)) {
            const value = this.#opened(message.value)
            this.inbox.push({ ...place, value })
            this.onInbox(value.dispatch, value.delivery)
          } else if (codec.nameOf(message.value) === 'Notice') this.answers.push({ ...place, value: { notice: codec.decode('Notice', message.value) } })
          else this.answers.push({ ...place, value: this.#opened(message.value) })
        }
      }
    }), { warn: () => undefined })
    this.#closers.push(async () => {
      await stop()
      await consumer.disconnect()
    })
  }

  #opened (value: Buffer): { delivery: Delivery, dispatch: Dispatch } {
    const delivery = this.codec.decode('Delivery', value)
    return { delivery, dispatch: this.codec.decode('Dispatch', delivery.dispatch.body) }
  }

  signed (dispatch: Dispatch): Buffer {
    const body = this.codec.encode('Dispatch', dispatch)
    const key = this.keys.get(dispatch.source)
    return this.codec.encode('SignedDispatch', { body, ...key === undefined ? unsigned : signBatch(key, [body])[0]! })
  }

  async send (...dispatches: Dispatch[]): Promise<void> {
    const byTopic = new Map<string, { key: string, value: Buffer, partition: number }[]>()
    for (const dispatch of dispatches) {
      const topic = this.names.dispatch(dispatch.priority)
      const message = { key: dispatch.workflowId, value: this.signed(dispatch), partition: partitionFor(dispatch.workflowId, taskCount) }
      byTopic.set(topic, [...byTopic.get(topic) ?? [], message])
    }
    await this.producer.sendBatch({ acks: -1, topicMessages: [...byTopic].map(([topic, messages]) => ({ topic, messages })) })
  }

  startCoordinator (id: string, script: keyof typeof scripts = 'plain', environment: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', fileURLToPath(new URL(scripts[script], import.meta.url))], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env, MESH_KAFKA_BROKERS: this.#brokers, MESH_NAMESPACE: this.namespace, MESH_TASKS: String(taskCount), MESH_COORDINATOR_ID: id, MESH_SESSION_TIMEOUT_MS: '3000',
        ...givingBackMemory, ...environment
      }
    })
    const log = createWriteStream(this.logFile(id), { flags: 'a' })
    child.stdout.pipe(log)
    child.stderr.pipe(log)
    this.#processes.set(id, child)
    return child
  }

  logFile (id: string): string { return join(tmpdir(), `${this.namespace}-${id}.log`) }
  signal (id: string, signal: NodeJS.Signals): void { this.#processes.get(id)!.kill(signal) }
  decidedBy (id: string): number { return this.audit.filter(({ value }) => value.decidedBy === id).length }

  /** Until the group has given its tasks to others. */
  async untilGone (id: string): Promise<void> {
    await this.until(`${id} leaving the group`, async () => {
      const { groups } = await this.#admin.describeGroups([this.#group])
      return groups.every(({ members }) => members.every(({ clientId }) => !clientId.startsWith(`${this.namespace}.${id}`)))
    })
  }

  /** Until all input is decided and the judge has read all that came of it, so that what must not come would be there. */
  async settled (): Promise<void> {
    const reader = await startLogReader({ kafka: this.#kafka, logger: { debug: () => undefined } })
    try {
      await this.until('all input decided', async () => {
        const inputs = await this.#partitionsOf(this.names.dispatchAll)
        const committed = await reader.committed(this.#group, inputs)
        return this.#isEnd(reader, inputs.map((place, i) => ({ ...place, offset: committed[i] ?? 0 })))
      })
      await this.until('all decisions read', async () => this.#isEnd(reader, (await this.#partitionsOf(this.#judged))
        .map(place => ({ ...place, offset: this.#next.get(`${place.topic}/${place.partition}`) ?? 0 }))))
    } finally {
      await reader.close()
    }
  }

  get #group (): string { return `${this.namespace}.coordinator` }

  async #partitionsOf (topics: readonly string[]): Promise<{ topic: string, partition: number }[]> {
    const metadata = await this.#admin.fetchTopicMetadata({ topics: [...topics] })
    return metadata.topics.flatMap(({ name, partitions }) => partitions.map(({ partitionId }) => ({ topic: name, partition: partitionId })))
  }

  /** Whether nothing but markers and aborted records follows. */
  async #isEnd (reader: LogReader, places: readonly { topic: string, partition: number, offset: number }[]): Promise<boolean> {
    const chunks = await reader.read(places.map(place => ({ ...place, bytesMax: 64 * 1_024 })))
    if (chunks.some(({ records }) => records.length > 0)) return false
    const further = chunks.filter(({ nextOffset, endOffset }) => nextOffset < endOffset)
    return further.length === 0 || this.#isEnd(reader, further.map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset })))
  }

  async until (what: string, isTrue: () => boolean | Promise<boolean>, mostMs = 60_000): Promise<void> {
    const untilMs = performance.now() + mostMs
    while (!await isTrue()) {
      if (performance.now() > untilMs) throw new Error(`${what} did not happen in ${mostMs} ms; logs: ${this.logFile('*')}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  async close (): Promise<void> {
    for (const child of this.#processes.values()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await new Promise(resolve => child.once('exit', resolve))
    }
    for (const close of this.#closers) await close()
    await this.producer.disconnect()
    const topics = await this.#admin.listTopics()
    await this.#admin.deleteTopics({ topics: topics.filter(topic => topic.startsWith(`${this.namespace}.`)) })
    await this.#admin.disconnect()
  }
}

export const registration = (name: string, change: Partial<AgentRegistration> = {}): AgentRegistration => ({
  name, version: '1.0.0', domain: 'test', ownerTeam: 'test', role: 'bot', capabilities: [], dependencies: [], maxConcurrent: 10, slaP95Ms: 100,
  latencyProfileMs: null, costProfileMicros: null, allowedModels: [], allowedTools: [], confidenceThreshold: null, regions: [], fallback: null,
  urgentCapabilities: [], chainLimits: null, inboxPartitions: 2, answersPartitions: 2, status: 'active', registeredAtMs: 0, ...change
})

export const quota = (quotaId: string, ratePerS: number, change: Partial<Quota> = {}): Quota =>
  ({ quotaId, ratePerS, burst: ratePerS, outstandingMax: 1_000_000, changedBy: 'test', changedAtMs: 0, ...change })

export const offering = (name: string) => ({ name, inputSchema: '{}', outputSchema: '{}', contractHash: name, retry: null, idleTimeoutMs: null, fallback: null, chainLimits: null })

export const request = (change: Partial<Dispatch>): Dispatch => ({
  dispatchId: randomUUID(), workflowId: 'wf', parentId: null, inReplyTo: null, chain: [], link: '', type: 'request', source: 'asker', sourceVersion: '1.0.0', sourceInstance: 'asker-1',
  target: null, capability: 'look', priority: 1, issuedAtMs: Date.now(), ttlMs: 60_000, replyPartition: 0, idempotencyKey: null, idleTimeoutMs: null, handlerMs: null, costCapMicros: null,
  confidence: null, usage: null, error: null, contentType: 'application/json', payload: Buffer.from('{}'), ...change
})

/** What the handler of `parent` sends first. */
export function causedBy (parent: Dispatch, change: Partial<Dispatch>): Dispatch {
  const link = linkOf(1)
  const chain = [...parent.chain, { agent: parent.source, dispatchId: parent.dispatchId, link: parent.link }]
  const dispatchId = derivedId(parent.source, parent.dispatchId, link, digest)
  return request({ workflowId: parent.workflowId, parentId: parent.dispatchId, chain, link, dispatchId, ...change })
}

export const responseTo = (asked: Dispatch, change: Partial<Dispatch> = {}): Dispatch => request({
  dispatchId: `${asked.dispatchId}-reply`, workflowId: asked.workflowId, type: 'response', source: 'looker', sourceInstance: 'looker-1', inReplyTo: asked.dispatchId,
  parentId: asked.dispatchId, capability: asked.capability, priority: asked.priority, ttlMs: null, issuedAtMs: Date.now(), ...change
})
