// Leaves marks with the committed offsets of the inbox group, and counts by those that it finds; core/start-mark.ts is the rule.
//
// Invariants:
//   M1. A mark stands at the partition's first unfinished record, and goes with the first commit beyond it.
//   M2. An ordinary commit neither repeats a mark's offset nor overtakes it: it would wipe the mark away.
//   M3. A member that leaves in good order leaves nothing that counts.
import type { Consumer } from 'kafkajs'
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { crashesAt, markFrom, markSaid, type StartMark } from './core/start-mark.ts'
import type { Owned } from './inbox-offsets.ts'

export interface FoundOffset {
  readonly topic: string
  readonly partition: number
  readonly metadata: string | null
}

export class StartMarks {
  /** Which process this is: one that is started again under the same instance id is another. */
  readonly process = randomBytes(4).toString('hex')
  readonly #consumer: Pick<Consumer, 'commitOffsets'>
  readonly #logger: Logger
  #members: ReadonlySet<string> = new Set()
  readonly #found = new Map<string, StartMark | undefined>()
  readonly #placed = new Map<Owned, { readonly mark: StartMark, readonly offset: number }>()

  constructor (consumer: Pick<Consumer, 'commitOffsets'>, logger: Logger) {
    this.#consumer = consumer
    this.#logger = logger
  }

  /** Processes in the group. A leader of an older version doesn't say; then all count as running. */
  onMembers (processes: readonly string[]): void { this.#members = new Set(processes) }

  onFound (offsets: readonly FoundOffset[]): void {
    for (const { topic, partition, metadata } of offsets) this.#found.set(`${topic}/${partition}`, markFrom(metadata))
  }

  crashes ({ key }: Owned): number {
    const isRunning = (process: string): boolean => this.#members.size === 0 || this.#members.has(process) || process === this.process
    return crashesAt(this.#found.get(key), isRunning)
  }

  /** False where the broker did not take it. */
  async place (owned: Owned, mark: StartMark): Promise<boolean> {
    const offset = owned.inFlight!.commitOffset()
    const committedBefore = owned.committed
    owned.committed = Math.max(committedBefore, offset)
    try {
      await this.#commit(owned, offset, mark)
      this.#placed.set(owned, { mark, offset })
      return true
    } catch (error) {
      owned.committed = committedBefore
      this.#logger.warn({ error: (error as Error).message, topic: owned.topic, partition: owned.partition }, 'the start at a partition could not be marked; tried again')
      return false
    }
  }

  forget (owned: Owned): void { this.#placed.delete(owned) }

  /** Says of what is unfinished that this process has not crashed in it. */
  async withdraw (): Promise<void> {
    const standing = [...this.#placed].filter(([owned, { mark, offset }]) => mark.by !== null && owned.inFlight?.commitOffset() === offset)
    this.#placed.clear()
    await Promise.allSettled(standing.map(([owned, { mark, offset }]) => this.#commit(owned, offset, { ...mark, by: null })))
  }

  #commit ({ topic, partition }: Owned, offset: number, mark: StartMark): Promise<void> {
    return this.#consumer.commitOffsets([{ topic, partition, offset: String(offset), metadata: markSaid(mark) }])
  }
}
