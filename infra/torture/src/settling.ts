// Waits until the mesh has come to rest: every record decided, every request ended, nothing deferred, every event archived
// and handled. As long as anything moves, and no longer than it may; what is missing then, the checker names.
import { setTimeout as pause } from 'node:timers/promises'
import type { Collector } from './collector.ts'
import { notedIn } from './load/history-file.ts'

export interface Unsettled {
  readonly unadmitted: number
  readonly pending: number
  readonly deferred: number
  readonly unarchived: number
  /** Events that were delivered, and that no agent of the load has handled. */
  readonly unhandled: number
}

export const isSettled = (left: Unsettled): boolean => Object.values(left).every(count => count === 0)

const pollMs = 500
/** A request waits for its deadline, a killed owner for its session, the archiver for its database. */
const stillMsMax = 25_000

export async function settle (collector: Collector, folder: string, untilMs: number, onLook: (left: Unsettled) => void): Promise<Unsettled> {
  let before = ''
  let movedAtMs = Date.now()
  for (;;) {
    await collector.readOn()
    await collector.sampleArchive()
    const left = await unsettled(collector, folder)
    onLook(left)
    const look = JSON.stringify([left, collector.counts])
    if (look !== before) movedAtMs = Date.now()
    // Twice the same, so that what was just under way has been seen, too.
    if ((isSettled(left) && look === before) || Date.now() > untilMs || Date.now() - movedAtMs > stillMsMax) return left
    before = look
    await pause(pollMs)
  }
}

async function unsettled (collector: Collector, folder: string): Promise<Unsettled> {
  const ofTopics = collector.unsettled
  const unarchived = await collector.unarchived() ?? 1
  // The files are read only when nothing else is left.
  if (!isSettled({ ...ofTopics, unarchived, unhandled: 0 })) return { ...ofTopics, unarchived, unhandled: 0 }
  const handled = new Set(notedIn(folder).flatMap(entry => entry.kind === 'handled' ? [entry.id] : []))
  return { ...ofTopics, unarchived, unhandled: [...collector.deliveredEvents].filter(id => !handled.has(id)).length }
}
