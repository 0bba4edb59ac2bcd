// An agent's private key as a file, readable by its owner alone.
//
// Invariants:
//   F1. A file is there whole or not at all: it is written beside and linked into place.
//   F2. Of processes that start at once, one makes the key and all use it.
//   F3. A key that others can read is refused.
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSigningKey, type SigningKey, signingKeyFrom } from './keys.ts'

export interface FoundKey {
  readonly key: SigningKey
  readonly path: string
  readonly isNew: boolean
}

/** The key can't be used as it is; the message says what to do, and nothing of the key. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError'
  readonly code = 'KEY_FILE_UNUSABLE'
  readonly retriable = false
}

const ownerOnly = 0o600
const othersMask = 0o077

export const keyPath = (folder: string, agent: string): string => join(folder, `${agent}.pem`)

export async function loadOrCreateKey (path: string): Promise<FoundKey> {
  const known = await loadKey(path)
  if (known !== undefined) return { key: known, path, isNew: false }
  const { key, pem } = createSigningKey()
  const isOurs = await place(path, pem, link)
  return isOurs ? { key, path, isNew: true } : { key: (await loadKey(path))!, path, isNew: false }
}

/** Undefined where there is none. */
export async function loadKey (path: string): Promise<SigningKey | undefined> {
  let pem: string
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & othersMask) !== 0) throw new KeyFileError(`others can read the private key ${path}: chmod 600 it, and rotate the key if they may have`)
    pem = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (error instanceof KeyFileError) throw error
    throw new KeyFileError(`the private key ${path} can't be read: ${(error as Error).message}`)
  }
  try {
    return signingKeyFrom(pem)
  } catch (error) {
    throw new KeyFileError(`${path} holds no key to sign with: ${(error as Error).message}`)
  }
}

/** Processes that watch the file sign with the new key from then on. */
export async function replaceKey (path: string, pem: string): Promise<void> { await place(path, pem, rename) }

/** False where another was there first. */
async function place (path: string, pem: string, into: (from: string, to: string) => Promise<void>): Promise<boolean> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  const beside = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(beside, pem, { mode: ownerOnly, flag: 'wx' })
  try {
    await into(beside, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(beside).catch(() => undefined)
  }
}
