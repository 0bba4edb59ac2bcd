// Reads dead letters, and what operators did with them.
//
// Invariants:
//   L1. Reads only. Newest first, from the ends of the topic backwards, at most `scanOffsetsMax` offsets a partition.
//   L2. Facts only, unless the content is asked for by name.
import { startCompactedTable, startLogReader, type LogReader } from '@mesh/runtime'
import { CodecError, type Codec, type ControlChange, type DeadLetter } from '@mesh/schemas'
import { topicNames, type TopicNames } from '@mesh/topics'
import type { Kafka } from 'kafkajs'
import { connectKafka, endsOf } from './broker.ts'
import { byNewest, deadLetterLine, deadLetterStates, isWantedLetter, type DeadLetterFilter, type DeadLetterLine, type Settled } from './core/dead-letter-rows.ts'
import { isoTime } from './core/iso-time.ts'
import { readBackwards } from './log-backwards.ts'
import type { MeshPlaces } from './measured-topic.ts'
import { quietLogger } from './quiet-logger.ts'
import { codecFrom } from './schema-registry.ts'

export const scanOffsetsMax = 50_000

export interface DeadLettersFound {
  readonly lines: readonly DeadLetterLine[]
  /** Whether older ones were not looked at. */
  readonly isBounded: boolean
  readonly unreadableRecords: number
}

/** What a dead letter holds, for who may see it. */
export interface DeadLetterContent {
  /** Null where the value is no dispatch; then `bytes` are the value as it was read. */
  readonly contentType: string | null
  readonly bytes: Buffer
}

export interface DeadLetterFound {
  readonly line: DeadLetterLine
  readonly content: DeadLetterContent
}

interface Parts {
  readonly kafka: Kafka
  readonly names: TopicNames
  readonly codec: Codec
  readonly log: LogReader
}

export async function listDeadLetters (places: MeshPlaces, filter: DeadLetterFilter, max: number): Promise<DeadLettersFound> {
  return withParts(places, async parts => {
    const { kafka, names, log } = parts
    const [settled, ends] = await Promise.all([readSettled(parts), endsOf(kafka, names.deadLetter)])
    let unreadableRecords = 0
    let isBounded = false
    const lines: DeadLetterLine[] = []
    // One after the other: a reader that is asked twice at once opens connections that it doesn't close.
    for (const { partition, low, high } of ends) {
      const found: DeadLetterLine[] = []
      const stretch = { topic: names.deadLetter, partition, lowOffset: low, endOffset: high, offsetsMax: scanOffsetsMax }
      const isCut = await readBackwards(log, stretch, ({ offset, value }) => {
        const place = `${partition}/${offset}`
        const letter = value === null ? undefined : decoded(parts.codec, value)
        if (letter === undefined) unreadableRecords++
        return letter === undefined ? undefined : deadLetterLine(place, letter, settled.get(place))
      }, some => {
        found.push(...some.filter(line => isWantedLetter(line, filter)).reverse())
        // Written in the order of their time, near enough: a whole window before the time that is asked for ends it.
        const isBefore = filter.sinceMs !== undefined && some.length > 0 && some.every(({ at }) => Date.parse(at) < filter.sinceMs!)
        return found.length >= max || isBefore
      })
      lines.push(...found.slice(0, max))
      isBounded ||= isCut
    }
    return { lines: lines.sort(byNewest).slice(0, max), isBounded, unreadableRecords }
  })
}

/** Undefined where none lies there. */
export async function readDeadLetter (places: MeshPlaces, place: string): Promise<DeadLetterFound | undefined> {
  const [partition = 0, offset = 0] = place.split('/').map(Number)
  return withParts(places, async parts => {
    const { kafka, names, log, codec } = parts
    const range = (await endsOf(kafka, names.deadLetter)).find(one => one.partition === partition)
    if (range === undefined || offset < range.low || offset >= range.high) return undefined
    const [chunk] = await log.read([{ topic: names.deadLetter, partition, offset, bytesMax: 64 * 1024 }])
    const record = chunk!.records.find(one => one.offset === offset)
    const letter = record?.value === null || record === undefined ? undefined : decoded(codec, record.value)
    if (letter === undefined) return undefined
    return { line: deadLetterLine(place, letter, (await readSettled(parts)).get(place)), content: contentOf(letter, codec) }
  })
}

function contentOf ({ value }: DeadLetter, codec: Codec): DeadLetterContent {
  const bytes = value ?? Buffer.alloc(0)
  try {
    const signed = codec.nameOf(bytes) === 'Redrive' ? codec.decode('Redrive', bytes).value : bytes
    const { contentType, payload } = codec.decode('Dispatch', codec.decode('SignedDispatch', signed).body)
    return { contentType, bytes: payload }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return { contentType: null, bytes }
  }
}

async function readSettled ({ kafka, names, codec }: Parts): Promise<Map<string, Settled>> {
  const settled = new Map<string, Settled>()
  const prefix = 'dead-letter/'
  const table = await startCompactedTable({
    kafka, topic: names.changes, readerId: `${names.namespace}.cli`, freshMs: 2_000, logger: quietLogger(),
    apply ({ key, value }) {
      if (value === null || !key.startsWith(prefix)) return
      const change = decodedChange(codec, value)
      const state = deadLetterStates.find(known => known === stateIn(change?.after ?? null))
      if (change === undefined || state === undefined) return
      settled.set(key.slice(prefix.length), { state, who: change.who, why: change.why, at: isoTime(change.atMs) })
    }
  })
  await table.close()
  return settled
}

function stateIn (after: string | null): unknown {
  try {
    return (JSON.parse(after ?? '{}') as { readonly state?: unknown }).state
  } catch {
    return undefined
  }
}

const decoded = (codec: Codec, value: Buffer): DeadLetter | undefined => orUndefined(() => codec.decode('DeadLetter', value))
const decodedChange = (codec: Codec, value: Buffer): ControlChange | undefined => orUndefined(() => codec.decode('ControlChange', value))

function orUndefined<T> (decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

async function withParts<T> ({ kafkaBrokers, schemaRegistryUrl, namespace }: MeshPlaces, work: (parts: Parts) => Promise<T>): Promise<T> {
  const logger = quietLogger()
  const kafka = await connectKafka(kafkaBrokers, `${namespace}.cli`, logger)
  const codec = await codecFrom(schemaRegistryUrl)
  const log = await startLogReader({ kafka, logger })
  try {
    return await work({ kafka, names: topicNames(namespace), codec, log })
  } finally {
    await log.close()
  }
}
