// Checkpoints that an auditor has: files with a note, folders as the archiver keeps them, or other bundles.

import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseLine } from './core/bundle-line.ts'
import type { KnownCheckpoint } from './core/bundle-check.ts'
import { noteBytesMax, parseNote } from './core/note.ts'

/** Of a folder, the newest. */
const filesMax = 100_000

export class KnownCheckpointError extends Error {
  override readonly name = 'KnownCheckpointError'
  readonly code = 'NO_CHECKPOINT'
  readonly retriable = false
}

export async function readKnownCheckpoints (paths: readonly string[]): Promise<KnownCheckpoint[]> {
  return (await Promise.all(paths.map(async path => (await stat(path)).isDirectory() ? ofFolder(path) : ofFile(path)))).flat()
}

async function ofFolder (folder: string): Promise<KnownCheckpoint[]> {
  const names = (await readdir(folder, { recursive: true })).filter(name => /^\d+\.txt$/.test(basename(name))).sort((a, b) => basename(a) < basename(b) ? 1 : -1)
  if (names.length === 0) throw new KnownCheckpointError(`${folder} holds no checkpoint`)
  const known: KnownCheckpoint[] = []
  for (const name of names.slice(0, filesMax)) known.push({ name: join(folder, name), note: await readFile(join(folder, name), 'utf8'), isRequired: known.length === 0 })
  return known
}

async function ofFile (path: string): Promise<KnownCheckpoint[]> {
  const { size } = await stat(path)
  const note = size <= noteBytesMax ? await readFile(path, 'utf8') : ''
  if (parseNote(note) !== undefined) return [{ name: path, note, isRequired: true }]
  const notes = await notesOfBundle(path)
  if (notes.length === 0) throw new KnownCheckpointError(`${path} is neither a checkpoint nor a bundle`)
  return notes.map(note => ({ name: path, note, isRequired: true }))
}

/** Checkpoints stand in the first lines. */
async function notesOfBundle (path: string): Promise<string[]> {
  const notes: string[] = []
  const stream = createReadStream(path)
  for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
    const line = parseLine(text)
    if (typeof line === 'string' || (line.kind !== 'bundle' && line.kind !== 'checkpoint')) break
    if (line.kind === 'checkpoint') notes.push(line.note)
  }
  stream.destroy()
  return notes
}
