// Keeps the hot tier whole and within its bounds, from PostgreSQL, in the background.
//
// K1. One archiver at a time, by an advisory lock that its transaction holds; where it stopped the next one goes on.
// K2. First room, then gaps, then the past. At most `rebuildEventsPerS` events a second, so archiving isn't slowed by it.
// K3. What was begun on one connection to Redis and ended on another counts for nothing.

import type { Logger } from '@mesh/runtime'
import type { HotState, HotStore } from '@mesh/hot-index'
import { setTimeout as pause } from 'node:timers/promises'
import type { Connections, PoolClient } from './connections.ts'
import { isInTheWay, leavesRoom, mayFill, mayWrite, mustEvict, nextSlice, pauseMsFor, type Slice, sliceMsAfter, sliceMsFirst } from './core/hot-plan.ts'
import { eventsBetween, type HotMark, type HotMarks } from './hot-marks.ts'
import type { HotCounters } from './hot-metrics.ts'

export interface HotUpkeepOptions {
  readonly store: HotStore
  readonly marks: HotMarks
  readonly connections: Connections
  readonly schema: string
  readonly hotMs: number
  readonly bytesMax: number
  readonly rebuildEventsPerS: number
  readonly counters: HotCounters
  readonly logger: Logger
}

export interface HotUpkeep { close (): Promise<void> }

const idleMs = 500
const lockId = 7_241_302
const hourMs = 60 * 60 * 1000

export function hotUpkeep (options: HotUpkeepOptions): HotUpkeep {
  const stopping = new AbortController()
  const { signal } = stopping
  const upkeep = new Upkeep(options, signal)
  const running = (async () => {
    while (!signal.aborted) {
      const hasMore = await upkeep.step().catch(error => {
        if (!signal.aborted) options.logger.debug({ reason: (error as Error).message }, 'upkeep of the hot tier: tried again')
        return false
      })
      if (!hasMore) await pause(idleMs, undefined, { signal }).catch(() => undefined)
    }
  })()
  return {
    async close () {
      stopping.abort()
      await running
    }
  }
}

class Upkeep {
  readonly #options: HotUpkeepOptions
  readonly #signal: AbortSignal
  #sliceMs = sliceMsFirst

  constructor (options: HotUpkeepOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** Answers whether there is more to do at once. */
  async step (): Promise<boolean> {
    const { store, connections, schema } = this.#options
    const state = await store.state()
    if (state.coverage === undefined) return false
    return connections.use(async client => {
      await client.query('BEGIN')
      const { rows } = await client.query('SELECT pg_try_advisory_xact_lock($1, hashtext($2)) AS taken', [lockId, schema])
      const hasMore = rows[0]?.taken === true && await this.#keepUp(client, state)
      await client.query('COMMIT')
      return hasMore
    })
  }

  async #keepUp (client: PoolClient, state: HotState): Promise<boolean> {
    const { marks, hotMs, bytesMax } = this.#options
    const nowMs = Date.now()
    const room = { ...state, redisBytesMax: state.bytesMax, bytesMax }
    const [oldest] = state.hours
    const oldestEndMs = ((oldest?.hour ?? 0) + 1) * hourMs
    const slice = nextSlice(state.coverage!.sinceMs, this.#sliceMs, nowMs, hotMs)
    if (oldest !== undefined && (mustEvict(room) || oldestEndMs <= nowMs - hotMs || isInTheWay(oldestEndMs, slice, room))) return this.#evict(oldest.hour)
    if (!mayWrite(room)) return false
    const open = (await marks.list()).find(mark => mark.isSettled)
    if (open !== undefined) return this.#fillGap(client, open, Math.max(state.coverage!.sinceMs, nowMs - hotMs))
    return slice !== undefined && mayFill(room) && this.#fillPast(client, slice)
  }

  async #evict (hour: number): Promise<boolean> {
    if (await this.#options.store.evictSome(hour) === 0) this.#options.counters.evicted()
    return true
  }

  async #fillGap (client: PoolClient, mark: HotMark, coveredSinceMs: number): Promise<boolean> {
    const { store, marks, logger } = this.#options
    const { generation } = store
    // What is older than what is covered is read with the past.
    if (mark.fromMs !== null && mark.toMs !== null && mark.toMs >= coveredSinceMs) {
      const events = await this.#fill(client, Math.max(mark.fromMs, coveredSinceMs), mark.toMs + 1)
      if (events === undefined || store.generation !== generation) return false
      logger.info({ partition: mark.partition, events }, 'a gap of the hot tier is filled')
    }
    await marks.takeAwayUnchanged(client, mark)
    return true
  }

  async #fillPast (client: PoolClient, slice: Slice): Promise<boolean> {
    const { store, logger } = this.#options
    const { generation } = store
    const events = await this.#fill(client, slice.fromMs, slice.toMs)
    if (events === undefined || store.generation !== generation) return false
    if (!await store.lower(slice.toMs, slice.fromMs)) return false
    logger.debug({ since: new Date(slice.fromMs).toISOString(), events }, 'the hot tier holds more of the past')
    this.#sliceMs = sliceMsAfter(this.#sliceMs, events)
    return true
  }

  /** How many there were; undefined when told to stop, or where the room ended. */
  async #fill (client: PoolClient, fromMs: number, toMs: number): Promise<number | undefined> {
    const { store, schema, counters, rebuildEventsPerS } = this.#options
    let total = 0
    for await (const events of eventsBetween(client, schema, fromMs, toMs)) {
      const startedMs = performance.now()
      const { usedBytes, bytesMax } = await store.write(events)
      counters.refilled(events.length)
      total += events.length
      // Begun again when there is room; writing twice is writing once.
      if (!leavesRoom({ usedBytes, redisBytesMax: bytesMax })) return undefined
      await pause(pauseMsFor(events.length, performance.now() - startedMs, rebuildEventsPerS), undefined, { signal: this.#signal }).catch(() => undefined)
      if (this.#signal.aborted) return undefined
    }
    return total
  }
}
