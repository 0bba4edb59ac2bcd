// Folding a task's changelog and deferred topic into fresh logic, up to the new owner's own claim record (step 8).
//
// Invariants:
//   S1. The end is the claim, a record of our own that was committed: "up to the end offset" would hang, because kafkajs
//       hands over no tail of aborted records.
//   S2. Other owners' claims are passed over; they say nothing, and compaction may take them.
//   S3. A fold that gets nothing for `stallMsMax` fails, and the task begins anew.
import type { KafkaMessage } from 'kafkajs'
import { CodedError } from '../errors.ts'
import type { TaskRoundErrorCode } from './failures.ts'
import type { RestoredRecord } from './task-logic.ts'

export const claimHeader = 'claim'

const stallMsMax = 30_000

export interface RestoreSource {
  readonly topic: string
  readonly startOffset: number
  readonly fold: (record: RestoredRecord) => void
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
  #stallTimer: NodeJS.Timeout
  recordsFolded = 0

  constructor (claim: string, sources: readonly RestoreSource[]) {
    this.#claim = claim
    this.#readings = new Map(sources.map(({ topic, startOffset, fold }) => [topic, { nextOffset: startOffset, done: false, fold }]))
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever waits sees the failure; nobody may be waiting any more.
    this.done.catch(() => undefined)
    this.#stallTimer = this.#watchForStall()
  }

  fail (error: unknown): void {
    clearTimeout(this.#stallTimer)
    this.#reject(error)
  }

  /** Takes a batch of one of the topics; true when its claim was met and the topic need not be read further. */
  take (topic: string, messages: readonly KafkaMessage[]): boolean {
    const reading = this.#readings.get(topic)!
    clearTimeout(this.#stallTimer)
    for (const message of messages) {
      if (reading.done) break
      this.#takeOne(reading, message)
    }
    if ([...this.#readings.values()].every(({ done }) => done)) this.#resolve()
    else this.#stallTimer = this.#watchForStall()
    return reading.done
  }

  #takeOne (reading: Reading, { key, value, offset, timestamp, headers }: KafkaMessage): void {
    const at = Number(offset)
    if (at < reading.nextOffset) return
    reading.nextOffset = at + 1
    const claim = headers?.[claimHeader]
    if (claim !== undefined) {
      reading.done = claim.toString() === this.#claim
      return
    }
    reading.fold({ key: key?.toString('utf8') ?? '', value, offset: at, appendedAtMs: Number(timestamp) })
    this.recordsFolded++
  }

  #watchForStall (): NodeJS.Timeout {
    return setTimeout(() => {
      const at = [...this.#readings].map(([topic, { nextOffset, done }]) => `${topic} ${done ? 'done' : `at ${nextOffset}`}`).join(', ')
      this.#reject(new CodedError<TaskRoundErrorCode>('RESTORE_STALLED', `nothing more came to restore from: ${at}`))
    }, stallMsMax)
  }
}
