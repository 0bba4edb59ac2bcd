// Checkpoints as files outside the database: FOLDER/ORIGIN/YYYY-MM-DD/SIZE.txt, and ORIGIN/key.txt with the public key.
//
// F1. A file is written once: it is there whole or not at all, and never changed. One that is there with other content is a fork.
// F2. The newest file is what the database is held against; so the folder belongs on a disk, or a mount, that whoever can edit the
//     database can't write.

import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { keyText, type NoteKey } from '@mesh/evidence'
import { HistoryError } from './signed-history.ts'
import type { StoredCheckpoint } from './checkpoints.ts'

export interface CheckpointFolder {
  /** The note of the newest file; undefined where there is none. */
  newest (): Promise<string | undefined>
  write (checkpoint: StoredCheckpoint): Promise<void>
}

const sizeDigits = 16
const dayName = /^\d{4}-\d\d-\d\d$/
const noteName = /^\d{16}\.txt$/

export async function openCheckpointFolder (folder: string, origin: string, key: NoteKey): Promise<CheckpointFolder> {
  const own = join(folder, origin.replaceAll(/[^A-Za-z0-9.-]/g, '_'))
  await mkdir(own, { recursive: true })
  await writeOnce(join(own, 'key.txt'), `${keyText(key)}\n`, 'OTHER_KEY')
  return {
    async newest () {
      // Days and sizes rise together.
      for (const day of await namesIn(own, dayName)) {
        const [newest] = await namesIn(join(own, day), noteName)
        if (newest !== undefined) return readFile(join(own, day, newest), 'utf8')
      }
      return undefined
    },
    async write ({ size, atMs, note }) {
      const day = join(own, new Date(atMs).toISOString().slice(0, 10))
      await mkdir(day, { recursive: true })
      await writeOnce(join(day, `${String(size).padStart(sizeDigits, '0')}.txt`), note, 'FORKED')
    }
  }
}

async function namesIn (folder: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(folder)).filter(name => pattern.test(name)).sort().reverse()
}

async function writeOnce (path: string, text: string, code: 'FORKED' | 'OTHER_KEY'): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(beside, 'wx', 0o444)
  try {
    await file.writeFile(text)
    await file.sync()
    await link(beside, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (await readFile(path, 'utf8') !== text) throw new HistoryError(code, `${path} is there with other content`)
  } finally {
    await file.close()
    await unlink(beside)
  }
}
