// One run of a hazard: topics of its own, load, workers, and the reader that holds it all to the contract.
import { expect, jest } from '@jest/globals'
import type { Admin } from 'kafkajs'
import { breaches, ContractReader } from './contract.ts'
import { connectAdmin, Load, testKafka } from './load.ts'
import { createTopics, deleteTopics, nameTopics, type RunTopics } from './run-topics.ts'
import { Worker, type WorkerSettings } from './worker-process.ts'

const breachesShown = 10

// On a busy machine a broker takes half a minute to come back.
jest.setTimeout(120_000)

export class Scenario {
  readonly topics: RunTopics = nameTopics()
  readonly taskCount: number
  readonly load: Load
  readonly reader: ContractReader
  readonly #brokers: readonly string[]
  readonly workers: Worker[] = []
  #admin: Admin | undefined

  constructor (taskCount = 4, brokers = process.env['MESH_KAFKA_BROKERS']!.split(',')) {
    this.taskCount = taskCount
    this.#brokers = brokers
    this.load = new Load(testKafka(brokers, 'load'), this.topics, taskCount)
    this.reader = new ContractReader(testKafka(brokers, 'reader'), this.topics)
  }

  async open (): Promise<void> {
    this.#admin = await connectAdmin(this.#brokers)
    await createTopics(this.#admin, this.topics, this.taskCount)
    await Promise.all([this.load.connect(), this.reader.start()])
  }

  worker (name: string, settings: Partial<WorkerSettings> = {}): Worker {
    const worker = new Worker({ brokers: this.#brokers, name, topics: this.topics, taskCount: this.taskCount, sessionTimeoutMs: 1_500, ...settings })
    this.workers.push(worker)
    return worker
  }

  /** Sends inputs for as long as `happening` takes. */
  async underLoad (happening: (reader: ContractReader) => Promise<void>, perSecond = 700): Promise<void> {
    await this.#told(this.load.whileBusy(perSecond, happening(this.reader)))
  }

  /** Waits until all that was sent is accounted for, and expects the contract to have held. */
  async expectContract (): Promise<void> {
    await this.#told(this.reader.settled(this.load.sent))
    expect(breaches(this.load.sent, this.reader).slice(0, breachesShown)).toEqual([])
  }

  /** A failure is told with what the workers said last. */
  async #told (work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      throw new Error([(error as Error).message, ...this.workers.map(worker => worker.lastWords())].join('\n'), { cause: error })
    }
  }

  tellGap (hazard: string): void {
    console.log(`${hazard}: longest time without an output of a task ${this.reader.longestGapMs()} ms`)
  }

  async close (): Promise<void> {
    await Promise.all(this.workers.map(worker => worker.kill()))
    await Promise.allSettled([this.load.close(), this.reader.close()])
    if (this.#admin === undefined) return
    await deleteTopics(this.#admin, this.topics)
    await this.#admin.disconnect()
  }
}
