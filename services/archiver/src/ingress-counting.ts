// Counts the committed records of the ingress topics while they are there, and holds each against the archive once.
//
// K1. What was decided is asked first (the coordinators' positions), then where the audit topic ends. Only when the archive has reached
//     that end are the records below those positions counted. So what has no admission then is missing.
// K2. Reads each ingress record once, in no group, and keeps of it where it lay and when it came.
// K3. One archiver counts, by a lease; the counts are held together by their transaction, not by the lease.
// K4. Rests as long as each round took, so it takes half a core at most, catching up, and next to nothing otherwise.
// K5. Its trouble is its own: it is logged and measured, and never stops the archiving.

import type { LogReader, Logger } from '@mesh/runtime'
import { topicNames, type TopicNames } from '@mesh/topics'
import type { Admin } from 'kafkajs'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { roundOf, type CountedPart } from './core/counting-round.ts'
import { placeKey, type IngressCounts, type Place } from './ingress-counts.ts'

export interface CountingOptions {
  readonly namespace: string
  readonly everyMs: number
  readonly admin: Admin
  readonly log: LogReader
  readonly counts: IngressCounts
  readonly logger: Logger
  onCounted (records: number): void
  /** Undefined where another archiver counts. */
  onMissing (records: number | undefined): void
}

/** What was decided when it was asked, and how far the archive must be before that can be counted. */
interface Barrier {
  readonly askedAtMs: number
  readonly places: readonly Place[]
  readonly decidedBelow: readonly (number | undefined)[]
  /** By partition of the audit topic. */
  readonly auditEnds: Map<number, number>
}

interface Bounds { readonly low: number, readonly high: number }

const bytesMax = 512 * 1024
const leaseMsMin = 15_000

export function startIngressCounting (options: CountingOptions): { close (): Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping
  const holder = randomUUID()
  const running = run(options, holder, signal)
  return {
    async close () {
      stopping.abort()
      await running
      await options.counts.release(holder).catch(error => options.logger.debug({ reason: (error as Error).message }, 'the lease of counting was left to run out'))
    }
  }
}

async function run (options: CountingOptions, holder: string, signal: AbortSignal): Promise<void> {
  const { everyMs, counts, logger } = options
  let barrier: Barrier | undefined
  let trouble = ''
  while (!signal.aborted) {
    try {
      if (await counts.lease(holder, Math.max(leaseMsMin, 3 * everyMs))) {
        barrier = await tick(options, barrier, signal)
        options.onMissing(await counts.stillMissing())
      } else {
        barrier = undefined
        options.onMissing(undefined)
      }
      trouble = ''
    } catch (error) {
      const { message } = error as Error
      if (message !== trouble) logger.warn({ reason: message }, 'ingress records can\'t be counted just now')
      trouble = message
    }
    await pause(everyMs, undefined, { signal }).catch(() => undefined)
  }
}

/** Counts what may be counted; answers what is still waited for. */
async function tick (options: CountingOptions, waiting: Barrier | undefined, signal: AbortSignal): Promise<Barrier | undefined> {
  const barrier = waiting ?? await askBarrier(options)
  if (barrier === undefined) return undefined
  if (!await isArchived(options, barrier)) return barrier
  const bounds = new Map<string, Bounds>()
  for (const topic of new Set(barrier.places.map(place => place.topic))) {
    for (const { partition, low, high } of await options.admin.fetchTopicOffsets(topic)) {
      bounds.set(placeKey({ topic, partition }), { low: Number(low), high: Number(high) })
    }
  }
  for (;;) {
    const startedMs = performance.now()
    if (signal.aborted || !await countRound(options, barrier, bounds)) return undefined
    await pause(performance.now() - startedMs, undefined, { signal }).catch(() => undefined)
  }
}

async function askBarrier ({ namespace, admin, log }: CountingOptions): Promise<Barrier | undefined> {
  const names = topicNames(namespace)
  const askedAtMs = Date.now()
  const places = await ingressPlaces(admin, names)
  if (places.length === 0) return undefined
  const decidedBelow = await log.committed(`${namespace}.coordinator`, places)
  if (decidedBelow.every(offset => offset === undefined)) return undefined
  // Behind the positions, so that the admissions of all below them lie below these ends.
  const ends = await admin.fetchTopicOffsets(names.audit)
  return { askedAtMs, places, decidedBelow, auditEnds: new Map(ends.map(({ partition, high }) => [partition, Number(high)])) }
}

async function ingressPlaces (admin: Admin, { dispatchAll, audit }: TopicNames): Promise<Place[]> {
  const there = new Set(await admin.listTopics())
  const topics = dispatchAll.filter(topic => there.has(topic))
  if (topics.length === 0 || !there.has(audit)) return []
  const { topics: found } = await admin.fetchTopicMetadata({ topics })
  return found.flatMap(({ name, partitions }) => partitions.map(({ partitionId }) => ({ topic: name, partition: partitionId })))
}

/** Whether the archive has all records of the audit topic below the barrier. What lies at its end may be markers only. */
async function isArchived ({ namespace, counts, log }: CountingOptions, { auditEnds }: Barrier): Promise<boolean> {
  const { audit: topic } = topicNames(namespace)
  const archivedTo = await counts.archivedTo(topic)
  const behind = [...auditEnds].filter(([partition, end]) => (archivedTo.get(partition) ?? 0) < end)
  if (behind.length === 0) return true
  const chunks = await log.read(behind.map(([partition]) => ({ topic, partition, offset: archivedTo.get(partition) ?? 0, bytesMax })))
  return chunks.every(({ records, nextOffset, endOffset, problem }, index) => {
    // An open transaction holds back the end for readers; what was decided lies below it.
    const end = Math.min(behind[index]![1], endOffset)
    return problem === undefined && nextOffset >= end && records.every(({ offset }) => offset >= end)
  })
}

/** Whether there is more to count. */
async function countRound (options: CountingOptions, { places, decidedBelow, askedAtMs }: Barrier, bounds: ReadonlyMap<string, Bounds>): Promise<boolean> {
  const { counts, log, onCounted, logger } = options
  const positions = await counts.positions(places.map(place => ({ ...place, low: bounds.get(placeKey(place))?.low ?? 0 })))
  const open = places.map((place, index) => ({ ...place, offset: positions.get(placeKey(place)) ?? 0, decidedBelow: decidedBelow[index] ?? 0 }))
    // To the end, not only to what was decided: there may be markers behind it.
    .filter(place => place.offset < Math.max(place.decidedBelow, bounds.get(placeKey(place))?.high ?? 0))
  if (open.length === 0) {
    await counts.reached(askedAtMs)
    return false
  }
  const chunks = await log.read(open.map(({ topic, partition, offset }) => ({ topic, partition, offset, bytesMax })))
  const lost = chunks.filter(({ problem }) => problem !== undefined)
  for (const { topic, partition, nextOffset } of lost) logger.error({ topic, partition, nextOffset }, 'ingress records were deleted before they were counted')
  const parts = roundOf(chunks.map(({ topic, partition, records, nextOffset, endOffset }, index) => (
    { topic, partition, startOffset: open[index]!.offset, records, nextOffset, endOffset, decidedBelow: open[index]!.decidedBelow })), askedAtMs)
  const moved = parts.filter(hasMoved)
  if (moved.length === 0) return false
  const result = await counts.take(moved)
  if (result.outcome === 'moved') return false
  onCounted(result.records)
  if (result.missing > 0) logger.error({ missing: result.missing }, 'ingress records have no admission in the archive; `mesh audit completeness` names them')
  return true
}

const hasMoved = ({ startOffset, nextOffset }: CountedPart): boolean => nextOffset > startOffset
