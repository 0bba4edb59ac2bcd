// mesh.audit fed by hand, as coordinators write it: in transactions, with whole stories; and what the governor makes of it.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKafka, createLogger, type PartitionReader, startPartitionReader } from '@mesh/runtime'
import type { Alert, AuditEvent, Circuit, ControlChange } from '@mesh/schemas'
import type { Producer } from 'kafkajs'
import { answered, handedOver } from '../src/core/audit-event.fixture.ts'
import { GovernorStand, until } from './governor-stand.ts'

export interface SaidCircuit { readonly key: string, readonly circuit: Circuit | null, readonly appendedAtMs: number }

const logger = createLogger({ name: 'test', level: 'silent' })
const tasks = 2

export class CircuitStand {
  readonly stand: GovernorStand
  readonly circuits: SaidCircuit[] = []
  readonly alerts: Alert[] = []
  readonly #producer: Producer
  readonly #readers: PartitionReader[] = []
  #number = 0

  static async open (): Promise<CircuitStand> {
    const stand = new CircuitStand(await GovernorStand.open(tasks))
    await stand.#producer.connect()
    await stand.#read(stand.stand.names.circuits, (key, value, appendedAtMs) => {
      stand.circuits.push({ key, circuit: value === null ? null : stand.stand.codec.decode('Circuit', value), appendedAtMs })
    })
    await stand.#read(stand.stand.names.alerts, (_key, value) => { stand.alerts.push(stand.stand.codec.decode('Alert', value!)) })
    return stand
  }

  private constructor (stand: GovernorStand) {
    this.stand = stand
    this.#producer = stand.kafka.producer({ transactionalId: `${stand.namespace}.tasks`, idempotent: true, maxInFlightRequests: 1 })
  }

  /** What the topic says now. */
  said (agent: string): Circuit | undefined { return this.circuits.findLast(({ key }) => key === `${agent}@1.0.0`)?.circuit ?? undefined }
  /** What it said last of this state: on a busy machine the next one may be said already. */
  saidOf (agent: string, state: Circuit['state']): Circuit | undefined {
    return this.circuits.findLast(({ key, circuit }) => key === `${agent}@1.0.0` && circuit?.state === state)?.circuit ?? undefined
  }

  /** Each change of state, in order. */
  states (agent: string): string[] {
    const said = this.circuits.filter(({ key, circuit }) => key === `${agent}@1.0.0` && circuit !== null).map(({ circuit }) => circuit!.state)
    return said.filter((state, i) => state !== said[i - 1])
  }

  heartbeats (): SaidCircuit[] { return this.circuits.filter(({ key }) => key === 'heartbeat') }

  /** Calls to an agent, as they end now. */
  async calls (agent: string, outcomes: readonly Partial<AuditEvent>[]): Promise<void> {
    const nowMs = Date.now()
    await this.story(outcomes.map(outcome => {
      const dispatchId = `d-${++this.#number}`
      const admission = { ...handedOver, dispatchId, target: agent, atMs: nowMs - 5, appendedAtMs: nowMs - 10, ...circuitOf(outcome) }
      return [admission, { ...answered, dispatchId, target: agent, atMs: nowMs, ...outcome }]
    }))
  }

  /** Gives each half_open state these probes, handed over and then ended, until it is as wanted. */
  async probeUntil (agent: string, outcomes: readonly Partial<AuditEvent>[], isSo: () => boolean, what: string): Promise<void> {
    let probedMs: number | undefined
    let probing: Promise<void> | undefined
    await until(() => {
      const circuit = this.said(agent)
      if (circuit?.state === 'half_open' && circuit.sinceMs !== probedMs) {
        probedMs = circuit.sinceMs
        probing = (probing ?? Promise.resolve()).then(() => this.#probe(circuit, outcomes))
      }
      return isSo()
    }, what)
    await probing
  }

  async #probe ({ agent, state, episode, sinceMs }: Circuit, outcomes: readonly Partial<AuditEvent>[]): Promise<void> {
    const circuit = { state, episode, sinceMs, isProbe: true }
    const nowMs = Date.now()
    const admissions = outcomes.map(() => ({ ...handedOver, dispatchId: `d-${++this.#number}`, target: agent, atMs: nowMs, appendedAtMs: nowMs, circuit }))
    await this.story(admissions.map(admission => [admission]))
    await this.story(admissions.map((admission, i) => {
      const { dispatchId } = admission
      return [admission, { ...answered, dispatchId, target: agent, circuit, atMs: nowMs, handlerMs: 20, ...outcomes[i] }]
    }))
  }

  async story (stories: readonly (readonly AuditEvent[])[]): Promise<void> {
    const { codec, names } = this.stand
    const transaction = await this.#producer.transaction()
    const messages = stories.map((events, i) => ({
      key: `w/${events[0]!.dispatchId}`, partition: i % tasks, value: codec.encode('AuditStory', { events: [...events], eventsDropped: 0 })
    }))
    await transaction.send({ topic: names.audit, messages: [...messages, { key: 'claim', value: null, headers: { claim: 'x' }, partition: 0 }] })
    await transaction.commit()
  }

  async order (agent: string, state: 'open' | 'closed' | null): Promise<void> {
    const { codec, names } = this.stand
    const change: ControlChange = {
      changeId: `c-${++this.#number}`, atMs: Date.now(), who: 'ada', why: 'test', entity: `circuit/${agent}`, before: null, after: state === null ? null : JSON.stringify(state)
    }
    const transaction = await this.#producer.transaction()
    await transaction.send({ topic: names.changes, messages: [{ key: change.entity, value: codec.encode('ControlChange', change), partition: 0 }] })
    await transaction.commit()
  }

  async close (): Promise<void> {
    await this.stand.drain()
    await Promise.all(this.#readers.map(reader => reader.close()))
    await this.#producer.disconnect()
    await this.stand.close()
  }

  async #read (topic: string, onRecord: (key: string, value: Buffer | null, appendedAtMs: number) => void): Promise<void> {
    const readerId = `${this.stand.namespace}.check`
    this.#readers.push(await startPartitionReader({
      kafka: createKafka({ brokers: this.stand.brokers, clientId: readerId, logger }), topic, partitions: [0], readerId, from: 'earliest', logger,
      onRecords (records) { for (const { key, value, appendedAtMs } of records) onRecord(String(key), value, appendedAtMs) }
    }))
  }
}

const circuitOf = ({ circuit }: Partial<AuditEvent>) => circuit === undefined ? {} : { circuit }

export const failure: Partial<AuditEvent> = { outcome: 'failure', reason: 'HANDLER_FAILED' }
export const success: Partial<AuditEvent> = { handlerMs: 20 }
export const timeout: Partial<AuditEvent> = { decision: 'timed_out', outcome: 'timeout', reason: 'TIMEOUT', latencyMs: 1_000, agentMs: null, handlerMs: null }
/** One in five fails. */
export const oneInFive = (count: number): Partial<AuditEvent>[] => Array.from({ length: count }, (_, i) => i % 5 === 0 ? failure : success)
export const times = (count: number, one: Partial<AuditEvent>): Partial<AuditEvent>[] => Array.from({ length: count }, () => one)

export interface Post { readonly headers: IncomingHttpHeaders, readonly body: string, readonly status: number }

/** Answers with these states, one after the other, and then with 200. */
export async function startReceiver (statuses: number[]): Promise<{ readonly url: string, readonly posts: Post[], close (): Promise<void> }> {
  const posts: Post[] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => { body += String(chunk) })
    request.on('end', () => {
      const status = statuses.shift() ?? 200
      posts.push({ headers: request.headers, body, status })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`, posts,
    close: () => new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
}
