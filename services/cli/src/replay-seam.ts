// Where a replay goes over from the archive to the topic.
//
// Invariants:
//   M1. From the seam on the topic has every event as a record of its own: nothing deleted, nothing compacted (core/replay-order.ts).
//   M2. Up to the seam the archive has every event, or the replay is refused.
import type { LogReader } from '@mesh/runtime'
import kafkajs from 'kafkajs'
import type { Admin } from 'kafkajs'
import { seamLeadMs, seamOf, seamSkewMs, type HeldPartition } from './core/replay-order.ts'
import type { TimeRange } from './core/time-range.ts'
import { CliError } from './errors.ts'

export interface SeamQuestion {
  readonly admin: Admin
  readonly log: LogReader
  readonly topic: string
  readonly range: TimeRange
  readonly nowMs: number
}

export interface Seam {
  readonly seamMs: number
  /** Where each partition is read from, and to. */
  readonly starts: Map<number, number>
  readonly ends: Map<number, number>
}

export async function findSeam ({ admin, log, topic, range, nowMs }: SeamQuestion): Promise<Seam> {
  const ends = (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
  const cut = ends.filter(({ low }) => low > 0)
  const firsts = new Map<number, number | null>()
  for (const { partition, low, high } of cut) firsts.set(partition, await firstTime(log, { topic, partition, low, high }))
  const held = ends.map(({ partition, low }): HeldPartition => ({ isCut: low > 0, firstAtMs: firsts.get(partition) ?? null }))
  const seamMs = seamOf(held, range, { nowMs, lagMs: await compactionLagMs(admin, topic) })
  const starts = await offsetsAt(admin, topic, seamMs - seamLeadMs)
  return {
    seamMs,
    starts: new Map(ends.map(({ partition, low, high }) => [partition, Math.max(low, starts.get(partition) ?? high)])),
    ends: new Map(ends.map(({ partition, high }) => [partition, high]))
  }
}

/** Throws where the archive does not reach the seam. */
export async function checkArchiveReaches ({ admin, log, topic }: SeamQuestion, seamMs: number, archivedTo: ReadonlyMap<number, number>): Promise<void> {
  const bounds = await offsetsAt(admin, topic, seamMs + seamSkewMs)
  for (const [partition, bound] of bounds) {
    for (let offset = archivedTo.get(partition) ?? 0; offset < bound;) {
      const [chunk] = await log.read([{ topic, partition, offset, bytesMax: 64 * 1024 }])
      if (chunk!.problem !== undefined || chunk!.records.some(record => record.offset < bound)) {
        throw new CliError('ARCHIVE_BEHIND', `The archive has ${topic}/${partition} up to ${offset}; for this range it must reach ${bound}.`)
      }
      if (chunk!.nextOffset <= offset) break
      offset = chunk!.nextOffset
    }
  }
}

interface Held { readonly topic: string, readonly partition: number, readonly low: number, readonly high: number }

async function firstTime (log: LogReader, { topic, partition, low, high }: Held): Promise<number | null> {
  for (let offset = low; offset < high;) {
    const [chunk] = await log.read([{ topic, partition, offset, bytesMax: 64 * 1024 }])
    const [first] = chunk!.records
    if (first !== undefined) return first.appendedAtMs
    if (chunk!.nextOffset <= offset) break
    offset = chunk!.nextOffset
  }
  return null
}

async function offsetsAt (admin: Admin, topic: string, atMs: number): Promise<Map<number, number>> {
  const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, Math.max(0, Math.floor(atMs)))
  return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]))
}

/** Null where nothing is compacted. */
async function compactionLagMs (admin: Admin, topic: string): Promise<number | null> {
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['cleanup.policy', 'min.compaction.lag.ms'] }] })
  const valueOf = (name: string): string => resources[0]?.configEntries.find(entry => entry.configName === name)?.configValue ?? ''
  return valueOf('cleanup.policy').includes('compact') ? Number(valueOf('min.compaction.lag.ms')) : null
}
