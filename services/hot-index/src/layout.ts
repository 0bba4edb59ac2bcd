// The names and bounds of the hot tier, and the bytes of an event in it.
//
// L1. Keys begin with the namespace, then say which archive's and which version of an event's record they are of: another version's
//     bytes are another tier, which is filled anew, and the old one ends by its time to live.

import { createHash } from 'node:crypto'
import { localCodec, schemaFingerprint, type AuditEvent } from '@mesh/schemas'
import { archivedForm } from './core/archived-form.ts'
import { frameOf } from './core/frames.ts'

export const bounds = {
  /** Dispatches of a workflow that are listed; of one with more, the archive is asked. */
  workflowDispatchesMax: 2_000,
  /** Dispatches in one call of a script: a few ms in which Redis answers nobody else. */
  callDispatchesMax: 200,
  evictedAtOnceMax: 500,
  /** What a key costs beside its bytes, about: `test/hot-bytes.int.test.ts` holds it to Redis's own word. */
  keyBytes: 190
} as const

export const hotMsDefault = 30 * 24 * 60 * 60 * 1000

// Where nobody removes it, a key ends by itself; an hour's bucket ends within a day after what is hot.
export const liveSeconds = (hotMs: number): number => Math.ceil(hotMs / 1000) + 2 * 24 * 60 * 60

/** `archive` is the schema that the tier is a copy of. */
export function prefixOf (namespace: string, archive: string): string {
  const version = createHash('sha256').update(`${archive} ${schemaFingerprint('AuditStory')}`).digest('hex').slice(0, 8)
  return `${namespace}:hot:${version}:`
}

const codec = localCodec()
/** Where a schema's id would be: the same in every event, so it is kept once. */
const wirePrefix = codec.encode('AuditStory', { events: [], eventsDropped: 0 }).subarray(0, 5)

export function eventFrame (event: AuditEvent): Buffer {
  return frameOf(codec.encode('AuditStory', { events: [archivedForm(event)], eventsDropped: 0 }).subarray(wirePrefix.length))
}

export function eventOf (bytes: Buffer): AuditEvent {
  const [event] = codec.decode('AuditStory', Buffer.concat([wirePrefix, bytes])).events
  if (event === undefined) throw new RangeError('a frame without an event')
  return event
}
