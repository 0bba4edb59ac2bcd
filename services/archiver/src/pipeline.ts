// The path of records, of audit stories, control changes and alerts alike, from their bytes to rows in PostgreSQL.
//
// P1. Rows, rejections and the partition's progress are one database transaction: all or nothing, and never twice.
// P2. A chunk is taken only if progress is where the chunk begins; a zombie's chunk is refused (`moved`), not merged.
// P3. While PostgreSQL is away the path waits, with growing pauses, for as long as it takes; nothing is skipped.
// P4. If PostgreSQL refuses the data itself, the run is cut in halves until the one record is found and recorded as rejected.

import type { Codec } from '@mesh/schemas'
import { chunkOf, halves, type Chunk, type ReadRecord, type Run } from './core/chunk.ts'

/** A record as it was read; headers and key are not needed once it is known whether it is a claim. */
export interface RawRecord {
  readonly offset: number
  readonly value: Buffer | null
  readonly isClaim: boolean
}

export interface RawRun extends Omit<Run, 'records'> {
  readonly records: readonly RawRecord[]
}

export type AppendResult =
  | { readonly outcome: 'stored', readonly insertedRows: number }
  /** Someone else moved the progress; read on from there. */
  | { readonly outcome: 'moved', readonly nextOffset: number }
  /** The data itself is what the database refuses; sending it again would not help. */
  | { readonly outcome: 'refused', readonly detail: string }

/** What a topic holds. */
export type ArchivedSchema = 'AuditStory' | 'ControlChange' | 'Alert' | 'ArchiveQuery'

export interface ArchivePorts {
  readonly schema: ArchivedSchema
  readonly codec: Pick<Codec, 'decode' | 'refresh'>
  nowMs (): number
  /** One transaction; rejects when the database can't be reached or is not able to work. */
  append (chunk: Chunk): Promise<AppendResult>
  /** Repeats the attempt until it succeeds; rejects only when the archiver stops or the partition is no longer its own. */
  persist<T> (attempt: () => Promise<T>): Promise<T>
  /** Resolves when the schema registry may be asked again. */
  refreshPause (): Promise<void>
  onStored (chunk: Chunk, insertedRows: number): void
}

export type ArchiveResult = { readonly outcome: 'stored' } | { readonly outcome: 'moved', readonly nextOffset: number }

export async function archive (raw: RawRun, ports: ArchivePorts): Promise<ArchiveResult> {
  const records = await readRecords(raw.records, ports)
  return store({ ...raw, records }, ports)
}

async function store (run: Run, ports: ArchivePorts): Promise<ArchiveResult> {
  const chunk = chunkOf(run, ports.nowMs())
  const result = await ports.persist(() => ports.append(chunk))
  if (result.outcome === 'moved') return result
  if (result.outcome === 'stored') {
    ports.onStored(chunk, result.insertedRows)
    return result
  }
  if (run.records.length <= 1) return store(rejectedRun(run, result.detail), ports)
  const [first, second] = halves(run)
  const firstResult = await store(first, ports)
  return firstResult.outcome === 'moved' ? firstResult : store(second, ports)
}

/** The run without what the database refused; it has no row left that could be refused again. */
function rejectedRun (run: Run, detail: string): Run {
  return { ...run, records: run.records.map(({ offset }): ReadRecord => ({ offset, kind: 'rejected', reason: 'STORE_REFUSED', detail })) }
}

async function readRecords (raw: readonly RawRecord[], ports: ArchivePorts): Promise<ReadRecord[]> {
  const records = raw.map(record => readRecord(record, ports))
  const isUnknown = (record: ReadRecord): boolean => record.kind === 'rejected' && record.reason === 'UNKNOWN_SCHEMA_ID'
  // A newer writer's schema: learned from the registry, asked twice because it answers from memory if asked too often.
  for (let attempt = 0; attempt < 2 && records.some(isUnknown); attempt++) {
    if (attempt > 0) await ports.refreshPause()
    await ports.persist(() => ports.codec.refresh())
    for (const [index, record] of records.entries()) {
      if (isUnknown(record)) records[index] = readRecord(raw[index] as RawRecord, ports)
    }
  }
  return records
}

function readRecord ({ offset, value, isClaim }: RawRecord, { codec, schema }: ArchivePorts): ReadRecord {
  if (isClaim || value === null) return { offset, kind: 'skipped' }
  try {
    if (schema === 'ControlChange') return { offset, kind: 'change', change: codec.decode(schema, value) }
    if (schema === 'Alert') return { offset, kind: 'alert', alert: codec.decode(schema, value) }
    if (schema === 'ArchiveQuery') return { offset, kind: 'query', query: codec.decode(schema, value) }
    return { offset, kind: 'story', story: codec.decode(schema, value) }
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown, readonly message?: unknown }
    const reason = code === 'UNKNOWN_SCHEMA_ID' || code === 'WRONG_RECORD' ? code : 'GARBAGE'
    return { offset, kind: 'rejected', reason, detail: String(message).slice(0, 500) }
  }
}
