// Which records of a partition were committed. Each transaction's own marker says: all that a producer wrote in
// transactions since its last marker shares the fate that the next one names. No list of aborted transactions is needed,
// and none is believed.
//
// Invariants:
//   F1. Records are told in order of offset within a call, each once, when their fate is known.
//   F2. What has no marker yet is `open`; it is told by `open()`.
import type { Fate } from './history.ts'

export interface Batch<R> {
  readonly producerId: bigint
  readonly isTransactional: boolean
  /** Set on a marker, which holds no records. */
  readonly marker: 'commit' | 'abort' | null
  readonly records: readonly R[]
}

export interface Told<R> { readonly record: R, readonly fate: Fate }

export class TransactionFate<R> {
  readonly #open = new Map<bigint, R[]>()

  take ({ producerId, isTransactional, marker, records }: Batch<R>): Told<R>[] {
    if (marker !== null) {
      const ended = this.#open.get(producerId) ?? []
      this.#open.delete(producerId)
      return ended.map(record => ({ record, fate: marker === 'commit' ? 'committed' : 'aborted' }))
    }
    if (!isTransactional) return records.map(record => ({ record, fate: 'committed' }))
    const open = this.#open.get(producerId)
    if (open === undefined) this.#open.set(producerId, [...records])
    else open.push(...records)
    return []
  }

  open (): Told<R>[] { return [...this.#open.values()].flat().map(record => ({ record, fate: 'open' })) }
}
