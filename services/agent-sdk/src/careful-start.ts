// Begins partitions. Where the first records have ended processes before, they are run one at a time with nothing beside them,
// each marked first, so that the culprit is known and can be set aside.
//
// Invariants:
//   B1. No record of a partition is handed over before its start there is marked.
//   B2. While suspects wait, nothing else is begun, and each waits until nothing runs.
//   B3. Suspects of a partition are its first `suspectsMax` records at most; each such start gets past one of them at least
//       or sets one aside, so the inbox goes on.
import { setTimeout as pause } from 'node:timers/promises'
import { aloneCrashes, startAfter } from './core/start-mark.ts'
import type { Owned } from './inbox-offsets.ts'
import type { StartMarks } from './start-marks.ts'

interface Suspect<T> {
  readonly record: T
  readonly crashes: number
}

interface Watched {
  readonly crashes: number
  isFirst: boolean
  left: number
}

export const suspectsMax = 16
const markAgainMs = 250

export class CarefulStart<T extends { readonly owned: Owned }> {
  readonly #marks: StartMarks
  readonly #crashesMax: number
  readonly #commit: () => Promise<void>
  readonly #begun = new WeakSet<Owned>()
  readonly #watched = new Map<Owned, Watched>()
  readonly #suspects: Suspect<T>[] = []
  #isBusy = false

  /** `commit`: what is done, at once. */
  constructor (marks: StartMarks, crashesMax: number, commit: () => Promise<void>) {
    this.#marks = marks
    this.#crashesMax = crashesMax
    this.#commit = commit
  }

  get waiting (): number { return this.#suspects.length }
  get isBusy (): boolean { return this.#isBusy }
  /** Nothing else may be begun. */
  get isAlone (): boolean { return this.#isBusy || this.#suspects.length > 0 }

  /** To be awaited before the first records of a partition; false where it could not be marked. `handlers`: how many could run at once. */
  async begin (owned: Owned, handlers: number): Promise<boolean> {
    if (this.#begun.has(owned)) return true
    const crashes = this.#marks.crashes(owned)
    const isOrdinary = startAfter(crashes, this.#crashesMax) === 'ordinary'
    // A suspect's mark becomes this process's own when it runs, alone.
    if (!await this.#marks.place(owned, { crashes, by: isOrdinary ? this.#marks.process : null })) return false
    this.#begun.add(owned)
    if (!isOrdinary) this.#watched.set(owned, { crashes, isFirst: true, left: Math.min(Math.max(1, handlers), suspectsMax) })
    return true
  }

  /** Whether the record is a suspect and waits here. */
  takes (record: T): boolean {
    const watched = this.#watched.get(record.owned)
    if (watched === undefined) return false
    // What comes after the first may have been begun beside it.
    this.#suspects.push({ record, crashes: watched.isFirst ? watched.crashes : this.#crashesMax - aloneCrashes })
    watched.isFirst = false
    if (--watched.left === 0) this.#watched.delete(record.owned)
    return true
  }

  /** Runs the next suspect; `handle` is told its crashes where it is to be set aside. Does nothing while one runs. */
  async runNext (handle: (record: T, crashes: number | undefined) => Promise<void>): Promise<void> {
    const suspect = this.#suspects[0]
    if (suspect === undefined || this.#isBusy) return
    const { record, crashes } = suspect
    const isSetAside = crashes >= this.#crashesMax
    this.#isBusy = true
    try {
      const isMarked = isSetAside || await this.#marks.place(record.owned, { crashes, by: this.#marks.process })
      if (!isMarked) await pause(markAgainMs)
      // Its partition may have gone meanwhile.
      if (!isMarked || this.#suspects[0] !== suspect) return
      this.#suspects.shift()
      await handle(record, isSetAside ? crashes : undefined)
      // Its mark would tell of a crash in what is done, if the next one ends the process.
      await this.#commit()
    } finally {
      this.#isBusy = false
    }
  }

  /** The partition went to another instance. */
  lose (owned: Owned): void {
    this.#watched.delete(owned)
    this.#marks.forget(owned)
    for (let index = this.#suspects.length - 1; index >= 0; index--) if (this.#suspects[index]!.record.owned === owned) this.#suspects.splice(index, 1)
  }
}
