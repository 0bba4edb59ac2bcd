// One partition of ingress held against what the archive has of it.
//
// L1. Every committed record ends in exactly one of: found, missing, not archived yet, not decided yet. So their sum is `expected`.
// L2. Missing is said only of a record that was decided, and whose event is neither archived nor on its way there.
// L3. All records are expected before the first row is looked at. A row beyond what was read is judged at the end, when it is
//     known how far the topic reached: what came meanwhile is left alone, what never was is unexpected.
// L4. What is listed is bounded; what is counted is not.

import { kindOfRow, positionId, type AdmissionRow } from './admissions.ts'
import { PositionSet } from './position-set.ts'

export interface PartitionVerdict {
  readonly topic: string
  readonly partition: number
  readonly expected: number
  readonly found: number
  readonly missing: number
  readonly notArchivedYet: number
  readonly undecided: number
  readonly duplicate: number
  readonly unexpected: number
  readonly firstMissing: readonly string[]
  readonly firstDuplicate: readonly string[]
  readonly firstUnexpected: readonly string[]
}

/** What is known of the partition besides its records and rows. */
export interface DecidedSoFar {
  /** Below it every record was decided before the archive was asked. */
  readonly decidedBelow: number
  /** Whether the admission of this offset is on the audit topic and was not archived when the archive was asked. */
  isOnItsWay (offset: number): boolean
  /** Where the topic ended after the archive was asked. */
  readonly endOffset: number
}

export class PartitionLedger {
  readonly #topic: string
  readonly #partition: number
  readonly #listMax: number
  readonly #expected = new PositionSet()
  readonly #found = new PositionSet()
  /** From here on nothing was read when records were counted. */
  #readBelow = 0
  #highestFound = -1
  #duplicate = 0
  #unexpected = 0
  readonly #duplicates: string[] = []
  readonly #unexpecteds: string[] = []
  /** Rows beyond what was read; bounded by `beyondMax`. */
  readonly #beyond: { readonly offset: number, readonly eventId: string }[] = []

  constructor (topic: string, partition: number, listMax = 10) {
    this.#topic = topic
    this.#partition = partition
    this.#listMax = listMax
  }

  get expected (): PositionSet { return this.#expected }

  expect (offset: number): void { this.#expected.add(offset) }
  readBelow (offset: number): void { this.#readBelow = Math.max(this.#readBelow, offset) }

  row (row: AdmissionRow): void {
    const kind = kindOfRow(row)
    if (kind === 'later') return
    const { offset, eventId } = row
    if (offset >= this.#readBelow) {
      if (this.#beyond.length < beyondMax) this.#beyond.push({ offset, eventId })
      return
    }
    if (!this.#expected.has(offset)) return this.#notExpected(eventId)
    if (kind === 'stray' || !this.#found.add(offset)) {
      this.#duplicate++
      return this.#list(this.#duplicates, eventId)
    }
    if (offset > this.#highestFound) this.#highestFound = offset
  }

  verdict ({ decidedBelow, isOnItsWay, endOffset }: DecidedSoFar): PartitionVerdict {
    for (const { offset, eventId } of this.#beyond.splice(0)) if (offset >= endOffset) this.#notExpected(eventId)
    // A task decides a partition's records in their order.
    const decided = Math.max(decidedBelow, this.#highestFound + 1)
    const firstMissing: string[] = []
    const open = { missing: 0, notArchivedYet: 0, undecided: 0 }
    for (const offset of this.#expected.without(this.#found)) {
      if (isOnItsWay(offset)) open.notArchivedYet++
      else if (offset >= decided) open.undecided++
      else {
        open.missing++
        this.#list(firstMissing, positionId({ topic: this.#topic, partition: this.#partition, offset }))
      }
    }
    return {
      topic: this.#topic, partition: this.#partition, expected: this.#expected.count, found: this.#found.count, ...open,
      duplicate: this.#duplicate, unexpected: this.#unexpected,
      firstMissing, firstDuplicate: this.#duplicates, firstUnexpected: this.#unexpecteds
    }
  }

  #notExpected (eventId: string): void {
    this.#unexpected++
    this.#list(this.#unexpecteds, eventId)
  }

  #list (names: string[], name: string): void {
    if (names.length < this.#listMax) names.push(name)
  }
}

/** More than a mesh decides while one command reads. */
const beyondMax = 1_000_000
