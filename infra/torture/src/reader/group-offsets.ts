// What consumer groups commit, as it lies in Kafka's own topic of offsets.
import type { Commit, Logged } from '../core/history.ts'
import type { RawRecord } from './record-batch.ts'
import { Reading } from './wire.ts'

/** Undefined for what is no commit: members of a group, and commits that are forgotten. */
export function commitOf ({ key, value }: RawRecord, logged: Logged): Commit | undefined {
  if (key === null || value === null) return undefined
  const reading = new Reading(key)
  // 0 and 1 are offset commits; higher versions speak of groups.
  if (reading.int16() > 1) return undefined
  const [group, topic, partition] = [reading.string()!, reading.string()!, reading.int32()]
  const committed = new Reading(value)
  committed.int16() // version; the offset comes first in all of them
  return { kind: 'commit', ...logged, group, of: `${topic}/${partition}`, nextOffset: Number(committed.int64()) }
}
