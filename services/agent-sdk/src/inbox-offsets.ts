// Which inbox partitions are this instance's, how far each is done, and telling the broker.
//
// Invariants:
//   O1. Only partitions of the current assignment are committed, each up to its first unfinished record.
//   O2. One commit at a time; what changes meanwhile goes with the next, at most as much later as the class allows. What is
//       not committed counts as waiting: for P0, a commit as late as its objective would make the agent look late itself.
//   O3. What this process has committed is never handled by it again, though the broker forget the group's offsets (it may,
//       when it is killed and started again) and hand over all that it has.
//   O4. None is begun between a rebalance and its end, and none is under way while this member joins: kafkajs tries a commit again
//       with whatever generation it has then, and the broker would take it for partitions that have another owner by now.
//   O5. A commit that fails is repeated with the next one: nothing is lost, at worst a record is handled again.
import type { Consumer } from 'kafkajs'
import type { Logger } from 'pino'
import { InFlight } from './core/in-flight.ts'

export interface Owned {
  readonly key: string
  readonly topic: string
  readonly partition: number
  readonly priority: number
  /** Ids of dispatches whose handlers run. */
  readonly running: Set<string>
  /** Undefined until the first batch tells where the partition begins. */
  inFlight: InFlight | undefined
  committed: number
}

const commitEveryMs = { urgent: 50, others: 250 }
const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`

export class InboxOffsets {
  readonly #consumer: Consumer
  readonly #logger: Logger
  readonly #owned = new Map<string, Owned>()
  /** Of partitions that this process has had before. */
  readonly #committedBefore = new Map<string, number>()
  #committing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #timerAtMs = Infinity
  #closed = false
  #held = false

  constructor (consumer: Consumer, logger: Logger) {
    this.#consumer = consumer
    this.#logger = logger
  }

  get size (): number { return this.#owned.size }

  at (topic: string, partition: number): Owned | undefined { return this.#owned.get(keyOf(topic, partition)) }

  ownedByTopic (): Record<string, number[]> {
    const byTopic: Record<string, number[]> = {}
    for (const { topic, partition } of this.#owned.values()) (byTopic[topic] ??= []).push(partition)
    return byTopic
  }

  /** Takes a new assignment; kept partitions go on where they were. */
  assign (assignment: Readonly<Record<string, readonly number[]>>, topics: readonly string[], keepKnown: boolean): { lost: Owned[], gained: Owned[] } {
    const wanted = new Set(topics.flatMap(topic => (assignment[topic] ?? []).map(partition => keyOf(topic, partition))))
    const lost = [...this.#owned.values()].filter(owned => !keepKnown || !wanted.has(owned.key))
    for (const { key, committed } of lost) {
      this.#owned.delete(key)
      this.#committedBefore.set(key, Math.max(committed, this.#committedBefore.get(key) ?? -1))
    }
    for (const { topic, partition, inFlight } of this.#owned.values()) {
      // After a join the client would read again from the committed offset.
      if (inFlight !== undefined) this.#consumer.seek({ topic, partition, offset: String(inFlight.nextOffset) })
    }
    const gained: Owned[] = []
    topics.forEach((topic, priority) => {
      for (const partition of assignment[topic] ?? []) {
        const key = keyOf(topic, partition)
        if (this.#owned.has(key)) continue
        const owned: Owned = { key, topic, partition, priority, running: new Set(), inFlight: undefined, committed: -1 }
        this.#owned.set(key, owned)
        gained.push(owned)
      }
    })
    return { lost, gained }
  }

  /** `highOffset`: the partition's end. */
  begin (owned: Owned, firstOffset: number, highOffset: number): InFlight {
    if (owned.inFlight === undefined) {
      const known = this.#committedBefore.get(owned.key) ?? -1
      // Beyond the end it is of a topic that was made anew.
      const isForgotten = known > firstOffset && known <= highOffset
      if (isForgotten) this.#logger.warn({ topic: owned.topic, partition: owned.partition, firstOffset, known }, 'the group\'s offset is behind what was done here; goes on from there')
      owned.committed = isForgotten ? known : firstOffset
      owned.inFlight = new InFlight(owned.committed)
    }
    return owned.inFlight
  }

  done (owned: Owned, offset: number): void {
    owned.inFlight?.done(offset)
    this.#commitSoon(owned)
  }

  skip (owned: Owned, nextOffset: number): void {
    owned.inFlight?.skipTo(nextOffset)
    this.#commitSoon(owned)
  }

  /** Until the next assignment only what is asked for is committed; resolves when nothing is under way. */
  async hold (): Promise<void> {
    this.#held = true
    this.#disarm()
    await this.#committing
  }

  release (): void {
    if (!this.#held) return
    this.#held = false
    for (const owned of this.#owned.values()) if (owned.inFlight !== undefined && owned.inFlight.commitOffset() > owned.committed) this.#commitSoon(owned)
  }

  /** Resolves when all that is done by now is committed, or could not be. */
  async commit (): Promise<void> {
    this.#disarm()
    await this.#committing
    this.#committing = this.#commitOnce().finally(() => { this.#committing = undefined })
    await this.#committing
  }

  close (): void {
    this.#closed = true
    this.#disarm()
  }

  #commitSoon ({ priority }: Pick<Owned, 'priority'>): void {
    const waitMs = priority === 0 ? commitEveryMs.urgent : commitEveryMs.others
    const atMs = performance.now() + waitMs
    if (this.#closed || this.#held || this.#timerAtMs <= atMs) return
    this.#disarm()
    this.#timerAtMs = atMs
    this.#timer = setTimeout(() => void this.commit(), waitMs)
  }

  #disarm (): void {
    clearTimeout(this.#timer)
    this.#timerAtMs = Infinity
  }

  async #commitOnce (): Promise<void> {
    const due = [...this.#owned.values()].flatMap(owned => {
      const offset = owned.inFlight?.commitOffset() ?? -1
      return offset > owned.committed ? [{ owned, offset }] : []
    })
    if (due.length === 0) return
    try {
      await this.#consumer.commitOffsets(due.map(({ owned: { topic, partition }, offset }) => ({ topic, partition, offset: String(offset) })))
      for (const { owned, offset } of due) owned.committed = Math.max(owned.committed, offset)
    } catch (error) {
      this.#logger.warn({ error: (error as Error).message, partitions: due.length }, 'offsets were not committed; tried again with the next')
      this.#commitSoon(due[0]!.owned)
    }
  }
}
