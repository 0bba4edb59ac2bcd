// Topics, load, processes and the plain read-committed reader that judges them.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createWriteStream, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import type { LedgerEvent, LedgerInput } from './ledger-logic.ts'

const taskCount = 3
const keyCount = 30
const lanes = [0, 1, 2, 3]
const processScript = fileURLToPath(new URL('ledger-process.ts', import.meta.url))

export interface Verdict {
  readonly inputs: number
  readonly missing: readonly string[]
  readonly doubled: readonly string[]
  readonly outOfOrder: readonly string[]
  readonly miscounted: readonly string[]
  readonly changelogDoubled: readonly string[]
  readonly poison: readonly string[]
}

export class Ledger {
  readonly run = `ledger-${randomUUID().slice(0, 8)}`
  readonly #brokers: readonly string[]
  readonly #kafka: Kafka
  readonly #admin: Admin
  readonly #processes = new Map<string, ChildProcess>()
  readonly #logFolder: string
  readonly sent: (LedgerInput & { lane: number, order: number })[] = []
  readonly outputs: LedgerEvent[] = []
  readonly changelog: LedgerEvent[] = []
  #closeReader: () => Promise<void> = async () => undefined

  constructor (brokers = (process.env.MESH_KAFKA_BROKERS ?? '').split(',')) {
    this.#brokers = brokers
    this.#kafka = new Kafka({ clientId: 'judge', brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 20, retries: 60, maxRetryTime: 500 } })
    this.#admin = this.#kafka.admin()
    this.#logFolder = join(tmpdir(), this.run)
    mkdirSync(this.#logFolder, { recursive: true })
  }

  async open (): Promise<void> {
    const topic = (name: string, configEntries: { name: string, value: string }[] = []) => ({ topic: `${this.run}.${name}`, numPartitions: taskCount, replicationFactor: 1, configEntries })
    const appendTime = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]
    await this.#admin.connect()
    const topics = [
      ...lanes.map(lane => topic(`in.p${lane}`, appendTime)), topic('changelog', appendTime),
      topic('deferred', [{ name: 'cleanup.policy', value: 'compact' }]), topic('out')
    ]
    // kafkajs's own wait for leaders fails where the broker's metadata doesn't know the topic yet.
    await this.#admin.createTopics({ waitForLeaders: false, topics })
    await this.#untilKnown(topics.map(({ topic }) => topic))
    const consumer = this.#kafka.consumer({ groupId: `${this.run}.judge`, maxWaitTimeInMs: 50, minBytes: 1 })
    await consumer.connect()
    await consumer.subscribe({ topics: [`${this.run}.out`, `${this.run}.changelog`], fromBeginning: true })
    const next = new Map<string, number>()
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const place = `${batch.topic}/${batch.partition}`
        for (const { offset, value, headers } of batch.messages) {
          // The judge's own rejoin (a restarted broker) reads again what it has read.
          if (Number(offset) < (next.get(place) ?? 0)) continue
          next.set(place, Number(offset) + 1)
          if (headers?.claim !== undefined || value === null) continue
          const into = batch.topic.endsWith('.out') ? this.outputs : this.changelog
          into.push(JSON.parse(value.toString()) as LedgerEvent)
        }
      }
    })
    this.#closeReader = () => consumer.disconnect()
  }

  async #untilKnown (topics: string[]): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        const { topics: known } = await this.#admin.fetchTopicMetadata({ topics })
        if (known.every(({ partitions }) => partitions.length === taskCount && partitions.every(({ leader }) => leader >= 0))) return
      } catch { /* not known yet */ }
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    throw new Error('the topics got no leaders')
  }

  start (name: string, environment: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', processScript], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LEDGER_RUN: this.run, LEDGER_NAME: name, LEDGER_TASKS: String(taskCount), LEDGER_BROKERS: this.#brokers.join(','), ...environment }
    })
    const log = createWriteStream(join(this.#logFolder, `${name}.log`), { flags: 'a' })
    child.stdout.pipe(log)
    child.stderr.pipe(log)
    this.#processes.set(name, child)
    return child
  }

  signal (name: string, signal: NodeJS.Signals): void { this.#processes.get(name)!.kill(signal) }

  /** Sends `total` inputs at about `perSecond`, a few kinds mixed, over all lanes and keys. */
  async load (total: number, perSecond: number, poisonAt: readonly number[] = []): Promise<void> {
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const startedMs = performance.now()
    const first = this.sent.length
    for (let done = 0; done < total;) {
      const due = Math.min(total, Math.ceil((performance.now() - startedMs) / 1_000 * perSecond))
      const batch: (LedgerInput & { lane: number, order: number })[] = []
      for (; done < due; done++) {
        const order = first + done
        const key = `k${order % keyCount}`
        const kind = poisonAt.includes(done) ? 'poison' : order % 10 === 1 ? 'timer' : order % 10 === 2 ? 'held' : 'plain'
        batch.push({ id: `i${order}`, key, kind, lane: (order * 7) % 4, order })
      }
      this.sent.push(...batch)
      const topicMessages = lanes.map(lane => ({
        topic: `${this.run}.in.p${lane}`,
        messages: batch.filter(input => input.lane === lane).map(({ id, key, kind, order }) => ({ key, partition: order % keyCount % taskCount, value: JSON.stringify({ id, key, kind }) }))
      })).filter(({ messages }) => messages.length > 0)
      if (topicMessages.length > 0) await producer.sendBatch({ acks: -1, topicMessages })
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    await producer.disconnect()
  }

  async until (what: string, isTrue: () => boolean, mostMs = 60_000): Promise<void> {
    const untilMs = performance.now() + mostMs
    while (!isTrue()) {
      if (performance.now() > untilMs) throw new Error(`${what} did not happen in ${mostMs} ms; logs in ${this.#logFolder}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  outputsBy (name: string): number { return this.outputs.filter(({ by }) => by === name).length }

  get expectedOutputs (): number {
    return this.sent.length + this.sent.filter(({ kind }) => kind === 'timer' || kind === 'held').length
  }

  /** Waits until as much came out as must, then a moment for what must not. */
  async settle (): Promise<void> {
    await this.until('everything coming out', () => new Set(this.outputs.map(({ type, id }) => `${type}/${id}`)).size >= this.expectedOutputs, 90_000)
    await new Promise(resolve => setTimeout(resolve, 500))
  }

  judge (): Verdict {
    const outcomes = new Map<string, number>()
    const outOfOrder: string[] = []
    const miscounted: string[] = []
    const lastOrder = new Map<string, number>()
    const counts = new Map<string, number>()
    for (const { type, id, key, lane, count } of this.outputs) {
      outcomes.set(`${type}/${id}`, (outcomes.get(`${type}/${id}`) ?? 0) + 1)
      if (type !== 'in') continue
      const order = Number(id.slice(1))
      if ((lastOrder.get(`${key}/${lane}`) ?? -1) >= order) outOfOrder.push(id)
      lastOrder.set(`${key}/${lane}`, order)
      if (count !== (counts.get(key) ?? 0) + 1) miscounted.push(`${id}: ${count} after ${counts.get(key) ?? 0}`)
      counts.set(key, count)
    }
    const wanted = this.sent.flatMap(({ id, kind }) => kind === 'poison' ? [`poison/${id}`] : [`in/${id}`, ...kind === 'timer' ? [`timer/${id}`] : kind === 'held' ? [`released/${id}`] : []])
    const logged = new Map<string, number>()
    for (const { type, id } of this.changelog) logged.set(`${type}/${id}`, (logged.get(`${type}/${id}`) ?? 0) + 1)
    const twice = (seen: ReadonlyMap<string, number>) => [...seen].filter(([, times]) => times > 1).map(([what]) => what)
    return {
      inputs: this.sent.length, missing: wanted.filter(what => !outcomes.has(what)), doubled: twice(outcomes), outOfOrder, miscounted,
      changelogDoubled: twice(logged), poison: [...outcomes.keys()].filter(what => what.startsWith('poison/'))
    }
  }

  async close (): Promise<void> {
    for (const child of this.#processes.values()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await new Promise(resolve => child.once('exit', resolve))
    }
    await this.#closeReader()
    const topics = await this.#admin.listTopics()
    await this.#admin.deleteTopics({ topics: topics.filter(topic => topic.startsWith(this.run)) })
    await this.#admin.disconnect()
  }
}

export const flawless = (inputs: number, poison: readonly string[] = []): Verdict =>
  ({ inputs, missing: [], doubled: [], outOfOrder: [], miscounted: [], changelogDoubled: [], poison })
