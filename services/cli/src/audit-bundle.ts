// Writes a bundle of the audit archive to a file.
//
// Invariants:
//   B1. The file appears once it is whole: it is written beside, and renamed.
//   B2. It is read in one snapshot that can write nothing, a page at a time; a slow disk slows the reading down.
import { bundleLines, ExportError, KnownCheckpointError, parseNote, readKnownCheckpoints } from '@mesh/evidence'
import { createWriteStream } from 'node:fs'
import { rename, unlink } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { explained, unreachable } from './archive.ts'
import { CliError } from './errors.ts'

const connectMsMax = 5_000
/** A page, or the search of the time for what has no place. */
const queryMsMax = 300_000

export interface BundleRequest {
  readonly fromMs: number
  readonly toMs: number
  readonly out: string
  readonly known: readonly string[]
  readonly signal: AbortSignal
  onProgress (done: number, of: number): void
}

export interface WrittenBundle {
  readonly lines: number
  readonly events: number
}

export interface ArchivePlace {
  readonly databaseUrl: string
  readonly auditSchema: string
}

export async function writeBundle ({ databaseUrl, auditSchema }: ArchivePlace, request: BundleRequest): Promise<WrittenBundle> {
  const prove = await sizesOf(request.known)
  const client = new pg.Client({
    connectionString: databaseUrl, application_name: 'mesh-cli', connectionTimeoutMillis: connectMsMax, statement_timeout: queryMsMax, query_timeout: queryMsMax
  })
  // A connection that breaks while idle is told by the next query.
  client.on('error', () => { /* see above */ })
  try {
    await client.connect()
  } catch (error) {
    throw unreachable(databaseUrl, error)
  }
  const query = (text: string, values: readonly unknown[]) => client.query(text, [...values])
  const partial = `${request.out}.part`
  const written = { lines: 0, events: 0 }
  async function* counted (): AsyncGenerator<string> {
    for await (const line of bundleLines({ query, schema: pg.escapeIdentifier(auditSchema), ...request, prove })) {
      written.lines++
      if (line.kind === 'event') written.events++
      yield `${line.text}\n`
    }
  }
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await pipeline(Readable.from(counted()), createWriteStream(partial), { signal: request.signal })
    await rename(partial, request.out)
    return written
  } catch (error) {
    await unlink(partial).catch(() => undefined)
    throw failure(error, databaseUrl, auditSchema)
  } finally {
    await client.end()
  }
}

async function sizesOf (paths: readonly string[]): Promise<number[]> {
  const known = await readKnownCheckpoints(paths).catch(error => { throw fileFailure(error) })
  return [...new Set(known.filter(({ isRequired }) => isRequired).map(({ note }) => parseNote(note)?.checkpoint.size).filter(size => size !== undefined))]
}

function failure (error: unknown, databaseUrl: string, auditSchema: string): unknown {
  if (error instanceof ExportError) return new CliError(error.code, `${error.message}.`, { cause: error })
  return error instanceof pg.DatabaseError || error instanceof CliError ? explained(error, databaseUrl, auditSchema) : fileFailure(error)
}

/** Of files that can't be read or written. */
export function fileFailure (error: unknown): unknown {
  if (error instanceof KnownCheckpointError) return new CliError('FILE_UNUSABLE', `${error.message}.`, { cause: error })
  const { code, syscall, path, message } = error as NodeJS.ErrnoException
  return path === undefined || syscall === undefined ? error : new CliError('FILE_UNUSABLE', `${path}: ${code ?? message}.`, { cause: error })
}
