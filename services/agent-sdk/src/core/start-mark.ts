// What an instance leaves with a partition's committed offset, so that the next one knows whether the first unfinished
// records there end processes. (The broker keeps a text with each offset: durable, and no database.)
//
// Invariants:
//   K1. A start counts as a crash only when the offset has not moved since and whoever started has gone without a word: its
//       mark stands and it is no member of the group any more. A partition that moves, or an instance that stops, counts nothing.
//   K2. A record is set aside only after two crashes in which it ran alone (one may be a deployment, or a full machine): from two
//       crashes less than the bound on, an instance runs the partition's first records one at a time, with nothing else beside
//       them, and only then is the mark its own.
//   K3. A text that isn't a mark counts as none.

export interface StartMark {
  /** Starts before this one that ended in a crash. */
  readonly crashes: number
  /** Process that has begun here; null where none has, or where it has stopped in good order. */
  readonly by: string | null
}

export type Start = 'ordinary' | 'careful' | 'set_aside'

export const crashesMaxDefault = 4
/** Crashes alone that are the proof. */
export const aloneCrashes = 2
/** There is an ordinary start before those that are careful. */
export const crashesMaxLeast = aloneCrashes + 1
const version = 'm1'
const shape = /^m1 (\d{1,6}) (\S{1,100})$/

export const markSaid = ({ crashes, by }: StartMark): string => `${version} ${crashes} ${by ?? '-'}`

export function markFrom (text: string | null | undefined): StartMark | undefined {
  const found = shape.exec(text ?? '')
  return found === null ? undefined : { crashes: Number(found[1]), by: found[2] === '-' ? null : found[2]! }
}

/** Crashes at the committed offset, as a new owner of the partition counts them. */
export function crashesAt (mark: StartMark | undefined, isRunning: (process: string) => boolean): number {
  if (mark === undefined) return 0
  return mark.crashes + (mark.by === null || isRunning(mark.by) ? 0 : 1)
}

export function startAfter (crashes: number, crashesMax: number): Start {
  if (crashes >= crashesMax) return 'set_aside'
  return crashes >= crashesMax - aloneCrashes ? 'careful' : 'ordinary'
}
