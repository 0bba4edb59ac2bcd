// A day's positions as they were kept, for when its records are gone.

import type { PartitionLedger } from './partition-ledger.ts'

export interface KeptDay {
  readonly firstOffset: number
  readonly lastOffset: number
  /** Stretches without a committed record, ascending; `toOffset` is the first that has one again. */
  readonly gaps: readonly { readonly fromOffset: number, readonly toOffset: number }[]
}

/** Expects each kept position of the ledger's partition. */
export function expectKept (ledger: PartitionLedger, { firstOffset, lastOffset, gaps }: KeptDay): void {
  let offset = firstOffset
  for (const { fromOffset, toOffset } of [...gaps, { fromOffset: lastOffset + 1, toOffset: lastOffset + 1 }]) {
    for (; offset < fromOffset; offset++) ledger.expect(offset)
    offset = toOffset
  }
  ledger.readBelow(lastOffset + 1)
}
