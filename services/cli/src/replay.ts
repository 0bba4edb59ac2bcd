// Tells audit events again: one stream in time order, from the archive up to the seam and from the topic behind it.
//
// Invariants:
//   R1. Each event once, be it in the archive, on the topic or in both.
//   R2. Output, then state: a replay that is killed goes on where its state says, and never leaves out.
//   R3. At most `flushEventsMax` events or `flushMs` lie between two states.
import { startLogReader } from '@mesh/runtime'
import type { AuditEvent } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { openArchiveScan, type ArchiveScan } from './archive-scan.ts'
import { connectKafka, partitionsOf } from './broker.ts'
import type { CountSettings } from './completeness.ts'
import type { EventFilter } from './core/event-filter.ts'
import { placeOf, type ArchivePlace } from './core/replay-order.ts'
import { parseState, resumeProblem, type ReplayState } from './core/replay-state.ts'
import type { TimeRange } from './core/time-range.ts'
import { CliError } from './errors.ts'
import { quietLogger } from './quiet-logger.ts'
import { tellArchive } from './replay-archive.ts'
import { fileOutput, streamOutput, topicOutput, type ReplayOutput } from './replay-output.ts'
import { checkArchiveReaches, findSeam } from './replay-seam.ts'
import { tellTopic } from './replay-topic.ts'
import { codecFrom } from './schema-registry.ts'

export type ReplayTarget = { readonly kind: 'file', readonly path: string } | { readonly kind: 'topic', readonly topic: string } | { readonly kind: 'stream', line (text: string): Promise<void> }

export interface ReplayOptions {
  readonly settings: CountSettings
  readonly range: TimeRange
  readonly filterText: string | null
  readonly filter: EventFilter
  /** Times as fast as it was; Infinity for as fast as can be. */
  readonly speed: number
  readonly target: ReplayTarget
  /** Undefined where nothing is to be kept. */
  readonly statePath: string | undefined
  readonly isResumed: boolean
  readonly signal: AbortSignal
  onProgress (progress: { readonly events: number, readonly atMs: number, readonly range: TimeRange }): void
  onUnreadable (position: string, code: string): void
}

export interface ReplayReport {
  readonly events: number
  readonly fromArchive: number
  readonly fromTopic: number
  readonly leftOut: number
  readonly seam: string
  readonly isDone: boolean
}

const flushEventsMax = 500
const flushMs = 1_000

export async function replay (options: ReplayOptions): Promise<ReplayReport> {
  const { settings, target, signal } = options
  const { kafkaBrokers, schemaRegistryUrl, namespace } = settings
  const logger = quietLogger()
  const { audit: topic } = topicNames(namespace)
  const before = await stateBefore(options, topic)
  const range = before?.replay ?? options.range
  const kafka = await connectKafka(kafkaBrokers, `${namespace}.cli`, logger)
  await partitionsOf(kafka, topic)
  const codec = await codecFrom(schemaRegistryUrl)
  const admin = kafka.admin()
  await admin.connect()
  const log = await startLogReader({ kafka, logger })
  let archive: ArchiveScan | undefined
  try {
    const question = { admin, log, topic, range, nowMs: Date.now() }
    const seam = await findSeam(question)
    const isInTopic = before !== undefined && before.offsets !== null
    if (isInTopic && seam.seamMs > before.atMs && seam.seamMs > before.seamMs) throw new CliError('REPLAY_EXPIRED', 'The audit topic no longer has every event from where the replay stopped.')
    const teller = new Telling(options, before, topic, range, isInTopic ? before.seamMs : seam.seamMs)
    const isOpen = before?.isDone !== true
    if (isOpen && !isInTopic && seam.seamMs > range.fromMs) {
      archive = await openArchiveScan(settings)
      await checkArchiveReaches(question, seam.seamMs, await archivedTo(archive, topic))
    }
    const output = target.kind === 'topic' ? await topicOutput({ brokers: kafkaBrokers, clientId: `${namespace}.cli`, topic: target.topic, partitions: (await partitionsOf(kafka, target.topic)).length, codec, logger })
      : target.kind === 'file' ? await fileOutput(target.path, before?.outBytes, options.isResumed) : streamOutput(target.line)
    teller.into(output)
    try {
      if (!isOpen) return teller.report(true)
      if (before === undefined) await teller.settle(false)
      if (archive !== undefined) {
        for await (const event of tellArchive(archive, { fromMs: range.fromMs, toMs: seam.seamMs }, before?.archive ?? null)) {
          if (signal.aborted) break
          await teller.tell(event, 'archive', { archive: placeOf(event), offsets: null })
        }
      }
      const offsets = offsetsIn(before) ?? seam.starts
      const { onUnreadable } = options
      const telling = tellTopic({ log, codec, topic, offsets, ends: seam.ends, range: { fromMs: teller.seamMs, toMs: range.toMs }, onUnreadable })
      if (!signal.aborted) {
        for await (const event of telling) {
          if (signal.aborted) break
          await teller.tell(event, 'topic', { archive: null, offsets: new Map(offsets) })
        }
      }
      await teller.settle(!signal.aborted)
      return teller.report(!signal.aborted)
    } finally {
      await output.close()
    }
  } finally {
    await Promise.all([archive?.close(), log.close(), admin.disconnect()])
  }
}

interface Reached { readonly archive: ArchivePlace | null, readonly offsets: ReadonlyMap<number, number> | null }

/** Counts, paces, flushes and keeps the state. */
class Telling {
  readonly seamMs: number
  readonly #options: ReplayOptions
  readonly #topic: string
  readonly #range: TimeRange
  readonly #startedMs = performance.now()
  #output: ReplayOutput | undefined
  #firstAtMs: number | undefined
  #reached: Reached
  #atMs: number
  #events: number
  #unflushed = 0
  #flushedMs = performance.now()
  #counts = { archive: 0, topic: 0, leftOut: 0 }

  constructor (options: ReplayOptions, before: ReplayState | undefined, topic: string, range: TimeRange, seamMs: number) {
    this.#options = options
    this.#topic = topic
    this.#range = range
    this.seamMs = seamMs
    this.#events = before?.events ?? 0
    this.#atMs = before?.atMs ?? range.fromMs
    this.#reached = { archive: before?.archive ?? null, offsets: offsetsIn(before) ?? null }
  }

  into (output: ReplayOutput): void { this.#output = output }

  async tell (event: AuditEvent, from: 'archive' | 'topic', reached: Reached): Promise<void> {
    const isWanted = this.#options.filter(event)
    if (isWanted) await this.#pace(event.atMs)
    // Only now: pacing writes the state of what came before.
    this.#reached = reached
    this.#atMs = Math.max(this.#atMs, event.atMs)
    if (isWanted) {
      this.#output!.add(event)
      this.#events++
      this.#counts[from]++
    } else this.#counts.leftOut++
    if (++this.#unflushed >= flushEventsMax || performance.now() - this.#flushedMs >= flushMs) await this.settle(false)
    this.#options.onProgress({ events: this.#events, atMs: this.#atMs, range: this.#range })
  }

  async settle (isDone: boolean): Promise<void> {
    const outBytes = await this.#output!.flush()
    this.#unflushed = 0
    this.#flushedMs = performance.now()
    const { statePath } = this.#options
    if (statePath === undefined) return
    const { archive, offsets } = this.#reached
    const state: ReplayState = {
      version: 1, replay: { ...replayOf(this.#options, this.#topic), fromMs: this.#range.fromMs, toMs: this.#range.toMs }, archive,
      offsets: offsets === null ? null : Object.fromEntries(offsets), atMs: this.#atMs, seamMs: this.seamMs, events: this.#events, outBytes, isDone
    }
    await writeFile(`${statePath}.new`, JSON.stringify(state), { flush: true })
    await rename(`${statePath}.new`, statePath)
  }

  report (isDone: boolean): ReplayReport {
    const { archive, topic, leftOut } = this.#counts
    return { events: this.#events, fromArchive: archive, fromTopic: topic, leftOut, seam: new Date(this.seamMs).toISOString(), isDone }
  }

  /** Waits until it is this event's time, at the speed that was asked for. */
  async #pace (atMs: number): Promise<void> {
    const { speed, signal } = this.#options
    if (speed === Infinity) return
    this.#firstAtMs ??= atMs
    const dueMs = this.#startedMs + (atMs - this.#firstAtMs) / speed
    if (dueMs - performance.now() < 1) return
    await this.settle(false)
    while (dueMs > performance.now() && !signal.aborted) {
      await pause(Math.min(pauseMsMax, dueMs - performance.now()), undefined, { signal }).catch(() => undefined)
    }
  }
}

const offsetsIn = (state: ReplayState | undefined): Map<number, number> | undefined =>
  state === undefined || state.offsets === null ? undefined : new Map(Object.entries(state.offsets).map(([partition, offset]) => [Number(partition), offset]))

/** A timer's longest pause is 24 days. */
const pauseMsMax = 3_600_000

const outputOf = (target: ReplayTarget): string => target.kind === 'file' ? `file ${target.path}` : target.kind === 'topic' ? `topic ${target.topic}` : 'standard output'
const replayOf = ({ filterText, target }: ReplayOptions, topic: string) => ({ filter: filterText, output: outputOf(target), topic })

async function stateBefore (options: ReplayOptions, topic: string): Promise<ReplayState | undefined> {
  const { statePath, isResumed } = options
  if (statePath === undefined) return undefined
  const text = await readFile(statePath, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new CliError('REPLAY_REFUSED', `${statePath} can't be read: ${error.message}`)
  })
  // Killed before its first state: it begins anew.
  if (text === undefined) return undefined
  if (!isResumed) throw new CliError('REPLAY_REFUSED', `${statePath} is the state of an earlier replay.`, { next: 'Go on with --resume, or remove the file.' })
  const state = parseState(text)
  const problem = state === undefined ? 'it is no state of a replay' : resumeProblem(state, replayOf(options, topic))
  if (state === undefined || problem !== undefined) throw new CliError('REPLAY_REFUSED', `${statePath}: ${problem}.`)
  return state
}

async function archivedTo (archive: ArchiveScan, topic: string): Promise<Map<number, number>> {
  const rows = await archive.rows<{ partition: number, next_offset: string }>(`SELECT partition, next_offset FROM ${archive.schema}.progress WHERE topic = $1`, [topic])
  return new Map(rows.map(row => [row.partition, Number(row.next_offset)]))
}
