// Signs what was archived, every so many events or so often, and publishes it where the database's owner can't take it back.
//
// K1. It is beside the archiving and never in its way: what fails here is a problem in readiness and a metric, and is tried again.
// K2. Published is: on the topic, then in the folder. What the folder lacks is published again, so after a crash a checkpoint
//     may be on the topic twice.
// K3. Two archivers: one signs at a time (checkpoints.ts), both publish; each folder gets all.

import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '@mesh/runtime'
import type { Checkpoint } from '@mesh/schemas'
import { type NoteKey, type SignedNote } from '@mesh/evidence'
import type { CheckpointFolder } from './checkpoint-folder.ts'
import { trustedNote, type Checkpoints, type PendingLeaves } from './checkpoints.ts'
import { HistoryError, refusalCodes } from './signed-history.ts'

export interface CheckpointerOptions {
  readonly checkpoints: Checkpoints
  readonly key: NoteKey
  readonly origin: string
  readonly everyMs: number
  readonly everyLeaves: number
  readonly logger: Logger
  openFolder (): Promise<CheckpointFolder>
  publish (checkpoint: Checkpoint): Promise<void>
  onSigned (leaves: number): void
  onPublished (size: number): void
  onRefused (): void
}

export interface Checkpointer {
  problem (): string | undefined
  /** Signs what is left, if it can. */
  close (): Promise<void>
}

const lookMsMax = 1_000
/** From one failure to the next look. */
const troubleMs = 5_000

export function startCheckpointer (options: CheckpointerOptions): Checkpointer {
  const { everyMs, everyLeaves, logger } = options
  const stopping = new AbortController()
  const round = roundOf(options)
  let problem: string | undefined
  const isDue = ({ leaves, ageMs }: PendingLeaves): boolean => leaves >= everyLeaves || ageMs >= everyMs

  async function look (due: (pending: PendingLeaves) => boolean): Promise<void> {
    try {
      await round(due)
      problem = undefined
    } catch (error) {
      const said = sayingOf(error)
      if (error instanceof HistoryError) options.onRefused()
      if (said !== problem) logger.error({ reason: said }, 'no checkpoint')
      problem = said
    }
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      await look(isDue)
      await pause(problem === undefined ? Math.min(everyMs, lookMsMax) : troubleMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  return {
    problem: () => problem,
    async close () {
      stopping.abort()
      await running
      if (problem === undefined) await look(() => true)
    }
  }
}

type Due = (pending: PendingLeaves) => boolean

function roundOf (options: CheckpointerOptions): (isDue: Due) => Promise<void> {
  const { checkpoints, key, origin, openFolder, publish, onSigned, onPublished } = options
  let folder: CheckpointFolder | undefined
  let outside: SignedNote | undefined
  return async isDue => {
    if (folder === undefined) {
      const opened = await openFolder()
      const newest = await opened.newest()
      outside = newest === undefined ? undefined : trustedNote(newest, key)
      folder = opened
    }
    const signed = await checkpoints.sign(outside, isDue)
    if (signed.outcome === 'refused') throw new HistoryError(signed.code, signed.detail)
    if (signed.outcome === 'signed') onSigned(signed.leaves)
    for (const checkpoint of await checkpoints.after(outside?.checkpoint.size ?? 0)) {
      const note = trustedNote(checkpoint.note, key)
      await publish({ origin, ...checkpoint })
      await folder.write(checkpoint)
      outside = note
      onPublished(checkpoint.size)
    }
  }
}

function sayingOf (error: unknown): string {
  if (error instanceof HistoryError) return `${error.code}: ${error.message}. ${refusalCodes[error.code]} Nothing is signed until it is as it was; archiving goes on`
  return (error as Error).message || String((error as { readonly code?: unknown }).code)
}
