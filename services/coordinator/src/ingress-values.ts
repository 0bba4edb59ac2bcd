// Records of the dispatch topics that are needed once more: the dispatch of a next attempt, the answer that a repeat shares.
// They are read away from the rounds, so that no round waits for a read.
//
// Bounds: `heldMax` records a task, the one read first gives way; reads one after the other, `wantedMax` waiting. What has
// no room, or failed to be read, is asked for again by the round that needs it.
import type { Position } from '@mesh/schemas'
import type { InputRecord, LogReader, Logger } from '@mesh/runtime'
import type { Decoded, DecodeRecord } from './decode.ts'

export interface IngressValuesOptions {
  readonly reader: Pick<LogReader, 'read'>
  /** Dispatch topics by lane. */
  readonly topics: readonly string[]
  readonly decode: DecodeRecord
  readonly logger: Logger
}

const heldMax = 500
const wantedMax = 1_000
const fetchBytes = 1_024

export class IngressValues {
  readonly #options: IngressValuesOptions
  readonly #held = new Map<string, Decoded | 'gone'>()
  readonly #wanted = new Map<string, Position>()
  #isReading = false

  constructor (options: IngressValuesOptions) { this.#options = options }

  /** 'gone' where the topic no longer has it; undefined where it is not read yet, which then begins. */
  get (position: Position): Decoded | 'gone' | undefined {
    const found = this.#held.get(nameOf(position))
    if (found === undefined) this.want(position)
    return found
  }

  forget (position: Position): void { this.#held.delete(nameOf(position)) }

  want (position: Position): void {
    const name = nameOf(position)
    if (this.#held.has(name) || this.#wanted.size >= wantedMax) return
    this.#wanted.set(name, position)
    if (this.#isReading) return
    this.#isReading = true
    void this.#readAll().finally(() => { this.#isReading = false })
  }

  async #readAll (): Promise<void> {
    for (const [name, position] of this.#wanted) {
      this.#wanted.delete(name)
      try {
        this.#hold(name, await this.#read(position))
      } catch (error) {
        this.#options.logger.warn({ ...position, error: (error as Error).message }, 'a dispatch could not be read again; it is asked for once more')
      }
    }
  }

  async #read ({ topic, partition, offset }: Position): Promise<Decoded | 'gone'> {
    const { reader, topics, decode } = this.#options
    const [chunk] = await reader.read([{ topic, partition, offset, bytesMax: fetchBytes }])
    const record = chunk!.records.find(record => record.offset === offset)
    if (record === undefined) {
      if (chunk!.nextOffset <= offset && chunk!.problem === undefined) throw new Error('it is not there yet')
      return 'gone'
    }
    // Copied: a view would keep the whole answer of the fetch.
    const { key, value, appendedAtMs } = record
    const copy: InputRecord = {
      topic, partition, offset, lane: topics.indexOf(topic), appendedAtMs, headers: {}, headerBytes: 0,
      key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value)
    }
    return decode(copy)
  }

  #hold (name: string, found: Decoded | 'gone'): void {
    if (this.#held.size >= heldMax) this.#held.delete(this.#held.keys().next().value!)
    this.#held.set(name, found)
  }
}

const nameOf = ({ topic, partition, offset }: Position): string => `${topic}/${partition}/${offset}`
