// mesh.audit, read from a moment on, in no group: the owner of the circuits begins a window ago.
//
// Invariants:
//   R1. Each committed record is handed over once, in the order of its partition; those of a claim, and tombstones, are not.
//   R2. A record that can't be read is told and passed over.
//   R3. What retention took before it was read is passed over, too: it is older than any window.
//   R4. One call reads for `budgetMs` at most and says whether it came to the ends that it saw.
import type { Logger, LogReader } from '@mesh/runtime'
import { type AuditEvent, type Codec, CodecError } from '@mesh/schemas'
import type { Admin } from 'kafkajs'

export interface AuditReaderOptions {
  readonly admin: Admin
  readonly reader: LogReader
  readonly codec: Codec
  readonly topic: string
  readonly fromMs: number
  readonly logger: Logger
  onEvents (events: readonly AuditEvent[]): void
  onUnreadable (): void
}

export interface AuditReader {
  readonly lagRecords: number
  /** Whether everything was read that was there. */
  read (): Promise<boolean>
}

const chunkBytesMax = 512 * 1024
const budgetMs = 500

export async function openAuditReader (options: AuditReaderOptions): Promise<AuditReader> {
  const { admin, topic, fromMs } = options
  const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, fromMs)
  return new FromThere(options, new Map(offsets.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))])))
}

class FromThere implements AuditReader {
  readonly #options: AuditReaderOptions
  readonly #next: Map<number, number>
  #lagRecords = 0

  constructor (options: AuditReaderOptions, next: Map<number, number>) {
    this.#options = options
    this.#next = next
  }

  get lagRecords (): number { return this.#lagRecords }

  async read (): Promise<boolean> {
    const untilMs = performance.now() + budgetMs
    let behind = [...this.#next.keys()]
    while (behind.length > 0 && performance.now() < untilMs) behind = await this.#readOnce(behind)
    return behind.length === 0
  }

  /** The partitions of which more was there. */
  async #readOnce (partitions: readonly number[]): Promise<number[]> {
    const { reader, topic } = this.#options
    const chunks = await reader.read(partitions.map(partition => ({ topic, partition, offset: this.#next.get(partition)!, bytesMax: chunkBytesMax })))
    this.#lagRecords = 0
    for (const { partition, records, nextOffset, endOffset } of chunks) {
      for (const { value, headers, offset } of records) if (value !== null && headers.claim === undefined) await this.#handOver(value, partition, offset)
      this.#next.set(partition, nextOffset)
      this.#lagRecords += Math.max(0, endOffset - nextOffset)
    }
    return chunks.filter(({ nextOffset, endOffset }) => nextOffset < endOffset).map(({ partition }) => partition)
  }

  async #handOver (value: Buffer, partition: number, offset: number): Promise<void> {
    const { codec, topic, logger, onEvents, onUnreadable } = this.#options
    try {
      onEvents(await storyIn(value, codec))
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
      onUnreadable()
      logger.warn({ topic, partition, offset, code: error.code }, 'record is no AuditStory; passed over')
    }
  }
}

async function storyIn (value: Buffer, codec: Codec): Promise<readonly AuditEvent[]> {
  try {
    return codec.decode('AuditStory', value).events
  } catch (error) {
    if (!(error instanceof CodecError) || error.code !== 'UNKNOWN_SCHEMA_ID') throw error
    await codec.refresh()
    return codec.decode('AuditStory', value).events
  }
}
