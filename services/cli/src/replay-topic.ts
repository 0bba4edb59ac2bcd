// Tells the events of mesh.audit again, merged over its partitions by time; of one partition, and so of one key, in the order of the log.
//
// Invariants:
//   T1. One event a record: the one it was written for. Claims, tombstones and what was restated are passed over.
//   T2. A record is passed only when its event was handed out; `offsets` never runs ahead of that.
//   T3. In no group; commits nothing. Memory holds one answer of the broker a partition.
import type { LogReader } from '@mesh/runtime'
import { CodecError, type AuditEvent, type Codec } from '@mesh/schemas'
import { earliest } from './core/replay-order.ts'
import { CliError } from './errors.ts'

export interface TopicTelling {
  readonly log: Pick<LogReader, 'read'>
  readonly codec: Codec
  readonly topic: string
  /** Where each partition is read on; moved along. */
  readonly offsets: Map<number, number>
  /** Where each partition is read to. */
  readonly ends: ReadonlyMap<number, number>
  readonly range: { readonly fromMs: number, readonly toMs: number }
  onUnreadable (position: string, code: string): void
}

interface Buffered { readonly event: AuditEvent, readonly nextOffset: number }
interface Reading { readonly partition: number, readOffset: number, readonly endOffset: number, readonly buffer: Buffered[], taken: number }

const bytesMax = 1024 * 1024

export async function* tellTopic (telling: TopicTelling): AsyncGenerator<AuditEvent> {
  const { offsets, ends } = telling
  const readings = [...offsets].map(([partition, offset]): Reading =>
    ({ partition, readOffset: offset, endOffset: ends.get(partition) ?? offset, buffer: [], taken: 0 }))
  for (;;) {
    await fill(telling, readings)
    const index = earliest(readings.map(({ buffer, taken }) => buffer[taken]?.event))
    if (index === undefined) break
    const reading = readings[index]!
    const { event, nextOffset } = reading.buffer[reading.taken++]!
    offsets.set(reading.partition, nextOffset)
    yield event
  }
  for (const { partition, readOffset } of readings) offsets.set(partition, readOffset)
}

async function fill (telling: TopicTelling, readings: readonly Reading[]): Promise<void> {
  for (;;) {
    const empty = readings.filter(({ buffer, taken, readOffset, endOffset }) => taken === buffer.length && readOffset < endOffset)
    if (empty.length === 0) return
    const chunks = await telling.log.read(empty.map(({ partition, readOffset: offset }) => ({ topic: telling.topic, partition, offset, bytesMax })))
    for (const [index, { records, nextOffset, problem }] of chunks.entries()) {
      const reading = empty[index]!
      if (problem !== undefined) throw new CliError('REPLAY_EXPIRED', `${telling.topic}/${reading.partition} no longer has its records from ${reading.readOffset} on.`)
      reading.buffer.length = 0
      reading.taken = 0
      for (const { offset, value, headers } of records) {
        if (offset >= reading.endOffset || value === null || headers.claim !== undefined) continue
        const event = await newest(telling, value, `${telling.topic}/${reading.partition}/${offset}`)
        if (event !== undefined && event.decision !== 'restated' && event.atMs >= telling.range.fromMs && event.atMs < telling.range.toMs) reading.buffer.push({ event, nextOffset: offset + 1 })
      }
      // An open transaction at the end holds back what lies behind it: it was not decided when this began.
      reading.readOffset = nextOffset > reading.readOffset ? nextOffset : reading.endOffset
    }
  }
}

async function newest ({ codec, onUnreadable }: TopicTelling, value: Buffer, position: string): Promise<AuditEvent | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      return codec.decode('AuditStory', value).events.at(-1)
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
      if (error.code !== 'UNKNOWN_SCHEMA_ID' || attempt > 0) {
        onUnreadable(position, error.code)
        return undefined
      }
      await codec.refresh()
    }
  }
}
