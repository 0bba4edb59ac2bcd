// A bundle of a stand's archive, as lines, and what its check says.

import { bundleLines, readKnownCheckpoints, verifyLines, type BundleReport } from '@mesh/evidence'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditStand } from './audit-stand.ts'

const hourMs = 3_600_000

export async function exportedLines (stand: AuditStand, prove: readonly number[] = []): Promise<string[]> {
  const client = await stand.database.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const query = (text: string, values: readonly unknown[]) => client.query(text, [...values])
    const lines: string[] = []
    const range = { fromMs: Date.now() - hourMs, toMs: Date.now() + hourMs }
    for await (const { text } of bundleLines({ query, schema: stand.schema, ...range, prove })) lines.push(text)
    return lines
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

/** Held against the key and against the newest checkpoint that was published. */
export async function verified (stand: AuditStand, lines?: readonly string[]): Promise<BundleReport> {
  const folder = publishedFolder(stand)
  const key = (await readFile(join(folder, 'key.txt'), 'utf8')).trim()
  return verifyLines(lines ?? await exportedLines(stand), { key, known: await readKnownCheckpoints([folder]) })
}

export const publishedFolder = (stand: AuditStand): string => join(stand.folder, `${stand.namespace}_audit`)
