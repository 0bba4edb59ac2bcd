// A mesh with the governor at checks of a second, an agent that fails one call in five while it is told to, and a caller that
// asks it all the time.
import { startPartitionReader, createKafka, createLogger, type PartitionReader } from '@mesh/runtime'
import { type Alert, type Circuit, connectCodec, type Codec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import type { ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { AgentError, defineAgent, MeshError, startAgents } from '../src/index.ts'
import { WithNumber } from './cast.ts'
import { type MeshGround, startMeshGround, startProcess, stopProcess } from './mesh-ground.ts'

export const checkMs = 1_000
const callsPerS = 60
const ttlMs = 30_000
const waitMsMax = 60_000

const common = { version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'mesh' } as const

export class CircuitGround {
  readonly mesh: MeshGround
  /** All records of the moody agent's circuit, in order. */
  readonly said: Circuit[] = []
  readonly alerts: Alert[] = []
  /** How calls ended, by outcome: success, or the error's code. */
  readonly outcomes = new Map<string, number>()
  isFaulty = false
  #runs = 0
  #isCalling = true
  readonly #calls: Promise<void>[] = []
  #calling: Promise<void> | undefined
  #governor: ChildProcess | undefined
  readonly #readers: PartitionReader[] = []
  readonly #codec: Codec

  readonly #moody = defineAgent({
    ...common, name: 'moody', maxConcurrent: 20, slaP95Ms: 2_000,
    capabilities: { look: { input: WithNumber, output: WithNumber, fallback: { error: { code: 'CUT_OFF', message: 'ask later' } } } }
  }).handle('look', ({ number }) => {
    if (this.isFaulty && this.#runs++ % 5 === 0) throw new AgentError('MOODY', 'not now')
    return { number }
  })

  readonly #asker = defineAgent({ ...common, name: 'asker', dependencies: ['look'] })

  static async open (): Promise<CircuitGround> {
    const ground = new CircuitGround(await startMeshGround(), await connectCodec({ schemaRegistryUrl: process.env.MESH_SCHEMA_REGISTRY_URL! }))
    try {
      await ground.#start()
      return ground
    } catch (error) {
      await ground.close()
      throw error
    }
  }

  private constructor (mesh: MeshGround, codec: Codec) {
    this.mesh = mesh
    this.#codec = codec
  }

  get now (): Circuit | undefined { return this.said.at(-1) }

  async #start (): Promise<void> {
    const { mesh: { namespace, environment, options } } = this
    const names = topicNames(namespace)
    await this.#follow(names.circuits, (key, value) => { if (key === 'moody@1.0.0') this.said.push(this.#codec.decode('Circuit', value)) })
    await this.#follow(names.alerts, (_key, value) => { this.alerts.push(this.#codec.decode('Alert', value)) })
    this.#governor = await startProcess('services/governor/src/main.ts', { ...environment, MESH_CIRCUIT_CHECK_MS: String(checkMs) })
    await startAgents([this.#moody, this.#asker], { ...options, callsMax: 10_000 })
    this.#calling = this.#callSteadily()
  }

  async close (): Promise<void> {
    await this.rest()
    await Promise.all([this.#moody.stop(), this.#asker.stop()])
    await Promise.all(this.#readers.map(reader => reader.close()))
    if (this.#governor !== undefined) await stopProcess(this.#governor)
    await this.mesh.stop()
  }

  /** No more calls; all have ended. */
  async rest (): Promise<void> {
    this.#isCalling = false
    await this.#calling
    await Promise.all(this.#calls)
  }

  async untilSuccesses (count: number): Promise<void> {
    const before = this.outcomes.get('success') ?? 0
    await until(() => (this.outcomes.get('success') ?? 0) >= before + count, `${count} calls more succeed`)
  }

  /** States in order, each once while it lasts; a half_open that was published anew is another. */
  changes (): Circuit[] {
    return this.said.filter(({ state, sinceMs }, i) => state !== this.said[i - 1]?.state || sinceMs !== this.said[i - 1]?.sinceMs)
  }

  async #callSteadily (): Promise<void> {
    const startedAtMs = performance.now()
    for (let number = 0; this.#isCalling; number++) {
      this.#calls.push(this.#call(number))
      await pause(Math.max(0, startedAtMs + number * 1_000 / callsPerS - performance.now()))
    }
  }

  async #call (number: number): Promise<void> {
    const outcome = await this.#asker.call('look', { number }, { ttlMs, output: WithNumber })
      .then(() => 'success', (error: unknown) => error instanceof MeshError ? error.code : String(error))
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }

  async #follow (topic: string, onRecord: (key: string, value: Buffer) => void): Promise<void> {
    const readerId = `${this.mesh.namespace}.check`
    const logger = createLogger({ name: 'test', level: 'silent' })
    this.#readers.push(await startPartitionReader({
      kafka: createKafka({ brokers: process.env.MESH_KAFKA_BROKERS!.split(','), clientId: readerId, logger }), topic, partitions: [0], readerId, from: 'earliest', logger,
      onRecords (records) { for (const { key, value } of records) if (value !== null) onRecord(String(key), value) }
    }))
  }
}

export async function until (isSo: () => boolean, what: string): Promise<void> {
  const overAtMs = performance.now() + waitMsMax
  while (!isSo()) {
    if (performance.now() > overAtMs) throw new Error(`waited ${waitMsMax} ms in vain until ${what}`)
    await pause(10)
  }
}
