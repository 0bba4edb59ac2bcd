// Trying again until it works: what the archiver does while PostgreSQL, Kafka or the schema registry is away.
//
// R1. Pauses grow to `pauseMsMax`; there is no last attempt, because giving up would lose nothing but time and help nobody.
// R2. An attempt that began is waited for; only the pause between two attempts ends early when the work is called off.
// R3. What can't be done now is in `problems`, by subject, for readiness; it is taken out when it has worked or is called off.

import type { Logger } from '@mesh/runtime'
import { setTimeout as pause } from 'node:timers/promises'

const firstPauseMs = 100
const pauseMsMax = 3_000

export interface Persistence {
  readonly problems: ReadonlyMap<string, string>
  /** Repeats the attempt until it succeeds; rejects only once the signal is aborted. */
  persist<T> (subject: string, attempt: () => Promise<T>, signal: AbortSignal): Promise<T>
}

export function createPersistence (logger: Logger): Persistence {
  const problems = new Map<string, string>()
  return {
    problems,
    async persist (subject, attempt, signal) {
      try {
        for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
          signal.throwIfAborted()
          try {
            return await attempt()
          } catch (error) {
            const reason = reasonOf(error)
            problems.set(subject, reason)
            logger.warn({ subject, reason, pauseMs }, 'waiting to try again')
          }
          await pause(pauseMs, undefined, { signal })
        }
      } finally {
        problems.delete(subject)
      }
    }
  }
}

function reasonOf (error: unknown): string {
  const { message, code } = error as { readonly message?: unknown, readonly code?: unknown }
  return typeof message === 'string' && message !== '' ? message : String(code)
}
