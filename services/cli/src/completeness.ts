// Counts the committed records of the ingress topics against the archive.
//
// Invariants:
//   K1. What was decided is asked first, then how far the audit topic reaches, then the archive, and last where the ingress topics end.
//       So a record that was decided is in the archive or on its way, and what comes meanwhile is not mistaken for either.
//   K2. Where the topic has lost records, the counts that the archiver kept stand in; where there are none, that is said.
//   K3. In no group; commits nothing. A day at a time, so that memory holds the positions of a day.
import { digestOf, digestOfRuns, expectKept, gapsKeptMax, kindOfRow, PartitionLedger, PositionSet, readIngress, skewMs, type IngressStretch, type PartitionVerdict } from '@mesh/completeness'
import type { IngressDay } from '@mesh/evidence'
import { startLogReader, type LogReader } from '@mesh/runtime'
import { topicNames, type TopicNames } from '@mesh/topics'
import type { Admin } from 'kafkajs'
import { openArchiveScan, type ArchiveScan } from './archive-scan.ts'
import { connectKafka, partitionsOf } from './broker.ts'
import { completenessReport, type CompletenessReport } from './core/completeness-rows.ts'
import { daysOf, wholeDay, type DayRange, type TimeRange } from './core/time-range.ts'
import { countedSoFar, isAsSigned, keptDays, signedDay, type Counted, type KeptPositions } from './kept-counts.ts'
import { quietLogger } from './quiet-logger.ts'
import { codecFrom } from './schema-registry.ts'
import { unarchivedAdmissions } from './unarchived-admissions.ts'

export interface CountSettings {
  readonly kafkaBrokers: readonly string[]
  readonly schemaRegistryUrl: string
  readonly namespace: string
  readonly databaseUrl: string
  readonly auditSchema: string
}

export interface CountProgress {
  readonly day: string
  readonly ingressOffsets: number
  readonly archivedRows: number
}

interface Place { readonly topic: string, readonly partition: number }
interface Ends { readonly low: number, readonly high: number }
interface Counting {
  readonly log: LogReader
  readonly admin: Admin
  readonly names: TopicNames
  readonly places: readonly Place[]
  readonly archive: ArchiveScan
  readonly signal: AbortSignal
  readonly onProgress: (progress: CountProgress) => void
  readonly notes: Set<string>
  isUncertain: boolean
}

const keyOf = ({ topic, partition }: Place): string => `${topic}/${partition}`
const iso = (atMs: number): string => new Date(atMs).toISOString()

type OnProgress = (progress: CountProgress) => void

export async function countCompleteness (settings: CountSettings, range: TimeRange, onProgress: OnProgress, signal: AbortSignal): Promise<CompletenessReport> {
  const { kafkaBrokers, schemaRegistryUrl, namespace } = settings
  const logger = quietLogger()
  const names = topicNames(namespace)
  const kafka = await connectKafka(kafkaBrokers, `${namespace}.cli`, logger)
  const partitions = await partitionsOf(kafka, names.dispatch(0))
  const places = names.dispatchAll.flatMap(topic => partitions.map(partition => ({ topic, partition })))
  const admin = kafka.admin()
  const log = await startLogReader({ kafka, logger })
  try {
    await admin.connect()
    const codec = await codecFrom(schemaRegistryUrl)
    const verdicts: PartitionVerdict[] = []
    const notes = new Set<string>()
    let isUncertain = false
    for (const day of daysOf(range)) {
      signal.throwIfAborted()
      // K1: in this order.
      const decidedBelow = await log.committed(`${namespace}.coordinator`, places)
      const audit = await endsOf(admin, names.audit)
      const archive = await openArchiveScan(settings)
      try {
        const counting: Counting = { log, admin, names, places, archive, signal, onProgress, notes, isUncertain }
        const ledgers = await countDay(counting, day)
        isUncertain ||= counting.isUncertain
        const archivedTo = await progressOf(archive, names.audit)
        const waiting = await unarchivedAdmissions({ log, codec, topic: names.audit, ends: audit, archivedTo, signal })
        const ends = new Map<string, number>()
        for (const topic of names.dispatchAll) for (const [partition, { high }] of await endsOf(admin, topic)) ends.set(keyOf({ topic, partition }), high)
        for (const [key, ledger] of ledgers) {
          const index = places.findIndex(place => keyOf(place) === key)
          const onItsWay = waiting.get(key) ?? new PositionSet()
          verdicts.push(ledger.verdict({ decidedBelow: decidedBelow[index] ?? 0, isOnItsWay: offset => onItsWay.has(offset), endOffset: ends.get(key) ?? 0 }))
        }
      } finally {
        await archive.close()
      }
    }
    return completenessReport({ from: iso(range.fromMs), to: iso(range.toMs) }, verdicts, [...notes], isUncertain)
  } finally {
    await Promise.all([log.close(), admin.disconnect()])
  }
}

interface Stand {
  readonly place: Place
  /** From here on records of the range may lie. */
  readonly fromOffset: number
  readonly ends: Ends
  /** Nothing that is older than the range is left: what was in the range may be gone, too. */
  readonly isCut: boolean
}

async function countDay (counting: Counting, asked: DayRange): Promise<Map<string, PartitionLedger>> {
  const [kept, begun] = [await keptDays(counting.archive, asked.day), await countedSoFar(counting.archive)]
  const stands = await standsOf(counting, asked)
  const standsIn = ({ place, isCut, ends }: Stand): boolean => isCut && (kept.get(keyOf(place))?.positions.firstOffset ?? Infinity) < ends.low
  if (stands.some(standsIn)) {
    counting.notes.add(`${asked.day}: records are gone from the topics; the whole day was counted by the positions that the archiver kept.`)
    // What was kept is of whole days.
    const whole = wholeDay(asked.day)
    if (asked.fromMs > whole.fromMs || asked.toMs < whole.toMs) return countDay(counting, whole)
  }
  const signed = stands.some(standsIn) ? await signedDay(counting.archive, asked.day) : undefined
  const ledgers = new Map(stands.map(({ place }) => [keyOf(place), new PartitionLedger(place.topic, place.partition)]))
  const stretches = stands.map((stand): IngressStretch => {
    const { place, ends, isCut } = stand
    const key = keyOf(place)
    const counted = begun.get(key)
    let { fromOffset } = stand
    if (standsIn(stand)) {
      fromOffset = Math.max(ends.low, counted?.nextOffset ?? 0)
      expectStandIn(counting, ledgers.get(key)!, kept.get(key)!, signed)
      if (counted === undefined || ends.low > counted.nextOffset) uncertain(counting, `${key}: records from ${counted?.nextOffset ?? 0} to ${ends.low - 1} are gone and were not counted before.`)
    } else if (isCut && !kept.has(key) && !isKnownEmpty(counted, ends.low)) {
      uncertain(counting, `${key}: the topic begins at ${ends.low}, and what lay before was not counted; nothing is known of it.`)
    }
    ledgers.get(key)!.readBelow(ends.high)
    return { ...place, fromOffset, endOffset: ends.high }
  })
  await countIngress(counting, asked, stretches, ledgers)
  await countRows(counting, asked, ledgers)
  return ledgers
}

async function standsOf ({ admin, names, places }: Counting, { fromMs }: DayRange): Promise<Stand[]> {
  const stands: Stand[] = []
  for (const topic of names.dispatchAll) {
    const [ends, starts, firsts] = [await endsOf(admin, topic), await offsetsAt(admin, topic, fromMs - skewMs), await offsetsAt(admin, topic, fromMs)]
    for (const place of places.filter(place => place.topic === topic)) {
      const bounds = ends.get(place.partition) ?? { low: 0, high: 0 }
      const first = Math.max(bounds.low, firsts.get(place.partition) ?? bounds.high)
      const fromOffset = Math.max(bounds.low, starts.get(place.partition) ?? bounds.high)
      stands.push({ place, fromOffset, ends: bounds, isCut: bounds.low > 0 && first === bounds.low })
    }
  }
  return stands
}

/** Counting had reached what is left of the topic, and had seen no record of the day. */
const isKnownEmpty = (counted: Counted | undefined, lowOffset: number): boolean =>
  counted !== undefined && counted.firstOffset === 0 && counted.nextOffset >= lowOffset

function uncertain (counting: Counting, note: string): void {
  counting.isUncertain = true
  counting.notes.add(note)
}

/** What was kept must agree with itself: its count, its digest and its gaps are three ways to say one thing. */
function expectStandIn (counting: Counting, ledger: PartitionLedger, { positions, gaps }: KeptPositions, signed: IngressDay | undefined): void {
  const { day, records } = positions
  expectKept(ledger, { ...positions, gaps })
  if (positions.gaps > gapsKeptMax) return uncertain(counting, `${day} ${keyOf(positions)}: it has more than ${gapsKeptMax} gaps, so positions can't be told from its count.`)
  const isWhole = ledger.expected.count === records && digestOfRuns(ledger.expected.runs()) === digestOf(positions)
  if (isWhole && signed !== undefined && !isAsSigned(signed, positions)) {
    return uncertain(counting, `${day} ${keyOf(positions)}: the count that was kept is not the one that was signed; it was changed.`)
  }
  if (isWhole && signed === undefined) counting.notes.add(`${day}: no signed statement tells its positions yet; that they are as they were counted is the database's word.`)
  if (isWhole) return
  uncertain(counting, `${day} ${keyOf(positions)}: the count that was kept does not agree with its digest; it was changed.`)
}

type Ledgers = Map<string, PartitionLedger>

async function countIngress (counting: Counting, { day, fromMs, toMs }: DayRange, stretches: readonly IngressStretch[], ledgers: Ledgers): Promise<void> {
  let ingressOffsets = 0
  const { lost } = await readIngress({
    log: counting.log, stretches, fromMs, toMs, signal: counting.signal,
    onRecord: record => ledgers.get(keyOf(record))!.expect(record.offset),
    onRead ({ offsets }) {
      ingressOffsets += offsets
      counting.onProgress({ day, ingressOffsets, archivedRows: 0 })
    }
  })
  for (const { topic, partition, fromOffset, endOffset } of lost) uncertain(counting, `${topic}/${partition}: records from ${fromOffset} to ${endOffset - 1} were deleted while they were counted.`)
}

interface Row {
  readonly event_id: string
  readonly decision: string
  readonly ingress_topic: string
  readonly ingress_partition: number
  readonly ingress_offset: string
}

async function countRows (counting: Counting, { day, fromMs, toMs }: DayRange, ledgers: Map<string, PartitionLedger>): Promise<void> {
  const { archive } = counting
  let archivedRows = 0
  const text = `SELECT event_id, decision, ingress_topic, ingress_partition, ingress_offset FROM ${archive.schema}.events WHERE appended_at >= $1 AND appended_at < $2`
  for await (const rows of archive.stream<Row>(text, [iso(fromMs), iso(toMs)])) {
    counting.signal.throwIfAborted()
    for (const row of rows) {
      const place = { topic: row.ingress_topic, partition: row.ingress_partition }
      const key = keyOf(place)
      const event = { eventId: row.event_id, decision: row.decision, ...place, offset: Number(row.ingress_offset) }
      if (!ledgers.has(key)) {
        if (kindOfRow(event) === 'later') continue
        // No such partition: nothing can have been expected of it.
        const nowhere = new PartitionLedger(place.topic, place.partition)
        nowhere.readBelow(Number.MAX_SAFE_INTEGER)
        ledgers.set(key, nowhere)
      }
      ledgers.get(key)!.row(event)
    }
    archivedRows += rows.length
    counting.onProgress({ day, ingressOffsets: 0, archivedRows })
  }
}

async function progressOf (archive: ArchiveScan, topic: string): Promise<Map<number, number>> {
  const rows = await archive.rows<{ partition: number, next_offset: string }>(`SELECT partition, next_offset FROM ${archive.schema}.progress WHERE topic = $1`, [topic])
  return new Map(rows.map(row => [row.partition, Number(row.next_offset)]))
}

async function endsOf (admin: Admin, topic: string): Promise<Map<number, Ends>> {
  return new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]))
}

async function offsetsAt (admin: Admin, topic: string, atMs: number): Promise<Map<number, number>> {
  const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, Math.max(0, Math.floor(atMs)))
  return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]))
}
