// The hot tier as the archiver writes it: after PostgreSQL's commit, beside the path, never in its way.
//
// T1. Archiving waits for nothing here. What the bounded queue can't take, and what Redis doesn't take in time, is left to the
//     marks (hot-marks.ts), and the upkeep writes it later.
// T2. Each second it vouches for its partitions for `leaseMs`; with a gap as long as a mark is open. A reader believes no tier that
//     nobody vouches for.
// T3. A Redis that doesn't have what it had is found out by positions, and covers nothing older from then on.

import type { Logger } from '@mesh/runtime'
import { openHotStore, type HotStore } from '@mesh/hot-index'
import { setTimeout as pause } from 'node:timers/promises'
import type { Connections, PoolClient } from './connections.ts'
import type { Chunk } from './core/chunk.ts'
import { dayMs, daysAhead } from './core/days.ts'
import { leavesRoom, mayWrite } from './core/hot-plan.ts'
import { hotMarks, type HotMark, type HotMarks } from './hot-marks.ts'
import type { HotCounters } from './hot-metrics.ts'
import { hotUpkeep, type HotUpkeep } from './hot-upkeep.ts'

export interface HotTierOptions {
  readonly redisUrl: string
  readonly namespace: string
  readonly topic: string
  readonly schema: string
  readonly hotMs: number
  readonly bytesMax: number
  readonly rebuildEventsPerS: number
  readonly connections: Connections
  readonly counters: HotCounters
  readonly logger: Logger
  /** Where the partition is archived to. */
  readonly archivedTo: (partition: number) => Promise<number>
}

interface OwnPartition { lowOffset: number, highOffset: number, hasGap: boolean, isAdopted: boolean }

const beatMs = 1_000
const leaseMs = 5_000
const queuedEventsMax = 20_000
const noRoom = 'there is no room in Redis'

export class HotTier {
  readonly #options: HotTierOptions
  readonly #store: HotStore
  readonly #marks: HotMarks
  readonly #upkeep: HotUpkeep
  readonly #own = new Map<number, OwnPartition>()
  readonly #queue: Chunk[] = []
  readonly #written: { partition: number, chunkOffset: number }[] = []
  /** Chunks whose marks are no gaps: they wait to be written, or are, and only the mark is left. */
  readonly #underway = new Set<string>()
  readonly #stopping = new AbortController()
  readonly #beating: Promise<void>
  #writing: Promise<void> | undefined
  #partitionCount: number | undefined
  #countPartitions: () => Promise<number> = async () => 0
  #queuedEvents = 0
  #problem: string | undefined = 'not connected yet'
  #turn: Promise<unknown> = Promise.resolve()

  constructor (options: HotTierOptions) {
    this.#options = options
    this.#store = openHotStore({ ...options, archive: options.schema })
    this.#marks = hotMarks(options.connections, options.schema, options.topic)
    this.#upkeep = hotUpkeep({ ...options, store: this.#store, marks: this.#marks })
    this.#beating = this.#beatOn()
  }

  /** Why the hot tier is not written just now, or undefined. */
  get problem (): string | undefined { return this.#problem }

  /** In the transaction that archives the chunk. */
  async mark (client: PoolClient, chunk: Chunk): Promise<void> {
    if (chunk.topic === this.#options.topic) await this.#marks.make(client, chunk, this.#problem !== undefined)
  }

  /** After the commit of that transaction. */
  offer (chunk: Chunk): void {
    if (chunk.topic !== this.#options.topic) return
    if (this.#problem !== undefined || this.#queuedEvents > queuedEventsMax) return this.#miss(chunk)
    this.#queue.push(chunk)
    this.#underway.add(placeOf(chunk.partition, chunk.startOffset))
    this.#queuedEvents += chunk.events.length
    this.#writing ??= this.#writeQueue().finally(() => { this.#writing = undefined })
  }

  assigned (partitions: readonly number[], partitionCount: () => Promise<number>): void {
    this.#partitionCount = undefined
    this.#countPartitions = partitionCount
    this.#own.clear()
    for (const partition of partitions) this.#own.set(partition, { lowOffset: 0, highOffset: 0, hasGap: true, isAdopted: false })
  }

  async close (): Promise<void> {
    this.#stopping.abort()
    await this.#writing
    await Promise.all([this.#beating, this.#upkeep.close()])
    await this.#takeAwayMarks().catch(() => undefined)
    await this.#store.close()
    await this.#options.connections.close()
  }

  async #writeQueue (): Promise<void> {
    for (let chunk = this.#queue.shift(); chunk !== undefined; chunk = this.#queue.shift()) {
      this.#queuedEvents -= chunk.events.length
      if (this.#problem !== undefined) this.#miss(chunk)
      else await this.#oneAtATime(() => this.#write(chunk))
    }
  }

  async #write (chunk: Chunk): Promise<void> {
    const { partition, startOffset, nextOffset } = chunk
    const own = this.#own.get(partition)
    // One that was lost meanwhile: its mark is left to the next owner.
    if (own === undefined || !own.isAdopted) return this.#miss(chunk)
    const horizonMs = Date.now() - this.#options.hotMs
    const events = chunk.events.filter(({ atMs }) => atMs >= horizonMs)
    try {
      const { isLost, usedBytes, bytesMax } = await this.#store.write(events, { partition, lowOffset: own.lowOffset, nextOffset })
      if (isLost) return this.#miss(chunk)
      own.lowOffset = own.highOffset = nextOffset
      this.#written.push({ partition, chunkOffset: startOffset })
      this.#options.counters.written(events.length)
      // Looked at after each chunk: a second of writing could take the room that is left to the others.
      if (!leavesRoom({ usedBytes, redisBytesMax: bytesMax })) this.#away(noRoom)
    } catch (error) {
      this.#away((error as Error).message)
      this.#miss(chunk)
    }
  }

  #miss ({ partition, startOffset, nextOffset, events }: Chunk): void {
    const own = this.#own.get(partition)
    this.#underway.delete(placeOf(partition, startOffset))
    if (own !== undefined) {
      own.hasGap = true
      own.highOffset = Math.max(own.highOffset, nextOffset)
    }
    this.#options.counters.missed(events.length)
  }

  #away (reason: string): void {
    if (this.#problem === undefined) this.#options.logger.warn({ reason }, 'the hot tier is not written for now')
    this.#problem = reason
    this.#options.counters.problem(true)
  }

  async #beatOn (): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.#beat().catch(error => { if (!signal.aborted) this.#away((error as Error).message) })
      await pause(beatMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async #beat (): Promise<void> {
    const { counters, logger, bytesMax } = this.#options
    const state = await this.#store.state()
    await this.#takeAwayMarks()
    const marks = await this.#marks.list()
    await this.#adopt(marks)
    this.#partitionCount ??= await this.#countPartitions()
    const isLost = await this.#oneAtATime(() => this.#vouch(marks, this.#partitionCount ?? 0))
    if (isLost) logger.warn('the hot tier has lost something, or is new: it is filled from the archive')
    counters.state(state, Date.now())
    if (!mayWrite({ ...state, redisBytesMax: state.bytesMax, bytesMax })) return this.#away(noRoom)
    this.#options.counters.problem(false)
    if (this.#problem !== undefined) logger.info({ was: this.#problem }, 'the hot tier is written')
    this.#problem = undefined
  }

  async #vouch (marks: readonly HotMark[], partitionCount: number): Promise<boolean> {
    const own = [...this.#own].filter(([, { isAdopted }]) => isAdopted)
    for (const [partition, known] of own) known.hasGap = marks.some(mark => this.#isGapOf(mark, partition))
    const vouched = own.map(([partition, { lowOffset, highOffset, hasGap }]) => ({ partition, lowOffset, highOffset, hasGap }))
    const isLost = await this.#store.beat(vouched, { partitionCount, leaseMs, nothingSinceMs: Date.now() + daysAhead * dayMs })
    for (const { partition, highOffset } of vouched) {
      const known = this.#own.get(partition)
      if (known?.isAdopted === true) known.lowOffset = highOffset
    }
    return isLost
  }

  #isGapOf ({ partition, chunkOffset }: HotMark, own: number): boolean {
    return partition === own && !this.#underway.has(placeOf(partition, chunkOffset))
  }

  /** A position that moves while it is vouched for would look lost. */
  #oneAtATime<T> (work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  /** Of a partition that is new here: where Redis may be is between the oldest mark and what is archived. */
  async #adopt (marks: readonly HotMark[]): Promise<void> {
    for (const [partition, own] of this.#own) {
      if (own.isAdopted) continue
      const archivedTo = await this.#options.archivedTo(partition)
      own.lowOffset = Math.min(archivedTo, ...marks.filter(mark => mark.partition === partition).map(({ fromOffset }) => fromOffset))
      own.highOffset = Math.max(own.highOffset, archivedTo)
      own.isAdopted = true
    }
  }

  async #takeAwayMarks (): Promise<void> {
    const written = this.#written.slice()
    if (written.length === 0) return
    await this.#marks.takeAway(written)
    this.#written.splice(0, written.length)
    for (const { partition, chunkOffset } of written) this.#underway.delete(placeOf(partition, chunkOffset))
  }
}

const placeOf = (partition: number, chunkOffset: number): string => `${partition}/${chunkOffset}`
