// Folding a task's changelog and deferred topic into fresh logic, up to the new owner's own claim record.
//
// Invariants:
//   S1. The end is the claim, a record of our own that was committed: "up to the end offset" would hang, because kafkajs
//       hands over no tail of aborted records.
//   S2. Other owners' claims are passed over; they say nothing.
import type { KafkaMessage } from 'kafkajs'
import type { RestoredRecord, TaskLogic } from './task-logic.ts'

export const claimHeader = 'claim'

export interface RestoreSource {
  readonly topic: string
  readonly startOffset: number
}

export interface RestoreSources {
  readonly changelog: RestoreSource
  readonly deferred: RestoreSource
}

interface Reading {
  nextOffset: number
  done: boolean
  readonly fold: (record: RestoredRecord) => void
}

export class Restore {
  readonly done: Promise<void>
  readonly #claim: string
  readonly #readings: ReadonlyMap<string, Reading>
  #resolve: () => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  recordsFolded = 0

  constructor (claim: string, { changelog, deferred }: RestoreSources, logic: TaskLogic) {
    this.#claim = claim
    this.#readings = new Map([
      [changelog.topic, { nextOffset: changelog.startOffset, done: false, fold: record => logic.restoreChangelog(record) }],
      [deferred.topic, { nextOffset: deferred.startOffset, done: false, fold: record => logic.restoreDeferred(record) }]
    ])
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever waits sees the failure; nobody may be waiting any more.
    this.done.catch(() => undefined)
  }

  fail (error: unknown): void { this.#reject(error) }

  nextOffset (topic: string): number { return this.#readings.get(topic)!.nextOffset }

  /** Takes a batch of one of the two topics; true when its claim was met and the topic need not be read further. */
  take (topic: string, messages: readonly KafkaMessage[]): boolean {
    const reading = this.#readings.get(topic)!
    for (const { key, value, offset, timestamp, headers } of messages) {
      if (reading.done) break
      const at = Number(offset)
      if (at < reading.nextOffset) continue
      reading.nextOffset = at + 1
      const claim = headers?.[claimHeader]
      if (claim === undefined) {
        reading.fold({ key: key?.toString('utf8') ?? '', value, offset: at, appendedAtMs: Number(timestamp) })
        this.recordsFolded++
      } else if (claim.toString() === this.#claim) {
        reading.done = true
      }
    }
    if ([...this.#readings.values()].every(({ done }) => done)) this.#resolve()
    return reading.done
  }
}
