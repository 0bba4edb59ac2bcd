// One holder at a time, by a file that names its process; a holder that has died holds nothing.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { explainFileError } from './errors.ts'
import { isAlive, ownIdentity } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'

export interface LockHolder extends ProcessIdentity { readonly since: string }
export type LockResult = { readonly held: true, release (): void } | { readonly held: false, readonly holder: LockHolder }

const attemptsMax = 10

export function readLock (path: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as LockHolder
    return isAlive(holder) ? holder : undefined
  } catch {
    return undefined
  }
}

export function acquireLock (path: string, self: ProcessIdentity = ownIdentity()): LockResult {
  const own = `${path}.${self.pid}`
  try {
    mkdirSync(dirname(path), { recursive: true })
    // Linked into place whole: a reader never finds a lock without its holder.
    writeFileSync(own, JSON.stringify({ ...self, since: new Date().toISOString() }))
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      try {
        linkSync(own, path)
        return { held: true, release: () => removeQuietly(path) }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = readLock(path)
      if (holder) return { held: false, holder }
      removeStale(path, own)
    }
    throw new Error(`lock ${path} could not be taken in ${attemptsMax} attempts`)
  } catch (error) {
    throw explainFileError(error, path)
  } finally {
    removeQuietly(own)
  }
}

// Moved aside first and looked at again: another process may have replaced the stale lock by its own meanwhile.
function removeStale (path: string, own: string): void {
  const aside = `${own}.stale`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (readLock(aside)) {
    try { linkSync(aside, path) } catch { /* a third one holds it now */ }
  }
  removeQuietly(aside)
}

// A lock that can't be removed holds nothing once its process has ended.
function removeQuietly (path: string): void {
  try { rmSync(path, { force: true }) } catch { /* see above */ }
}
