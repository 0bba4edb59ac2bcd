// One dead letter, by its place.

import { CodedError, startLogReader, type Logger } from '@mesh/runtime'
import { CodecError, type Codec, type DeadLetter } from '@mesh/schemas'
import type { Kafka } from 'kafkajs'
import { unavailable } from './control-writer.ts'
import type { DeadLetterPlace } from './core/dead-letter-orders.ts'

export interface DeadLetterReader {
  /** Undefined where no record lies; null where one lies that is no dead letter. Rejects with UNAVAILABLE within seconds. */
  read (place: DeadLetterPlace): Promise<DeadLetter | null | undefined>
  close (): Promise<void>
}

export interface DeadLetterReaderOptions {
  readonly kafka: Kafka
  readonly topic: string
  readonly codec: Codec
  readonly logger: Logger
}

// The one batch that it lies in comes whatever its size.
const readBytesMax = 64 * 1024
const readMsMax = 5_000

export async function openDeadLetterReader ({ kafka, topic, codec, logger }: DeadLetterReaderOptions): Promise<DeadLetterReader> {
  const log = await startLogReader({ kafka, logger, readMsMax })
  return {
    async read ({ partition, offset }) {
      const [chunk] = await log.read([{ topic, partition, offset, bytesMax: readBytesMax }]).catch((error: unknown) => {
        // A partition that isn't there holds no dead letter.
        if (error instanceof CodedError && error.code === 'UNKNOWN_PARTITION') return []
        throw unavailable(`the dead letter could not be read: ${(error as Error).message}`)
      })
      const record = chunk?.records.find(read => read.offset === offset)
      return record === undefined ? undefined : record.value === null ? null : decoded(codec, record.value)
    },
    close: () => log.close()
  }
}

async function decoded (codec: Codec, value: Buffer): Promise<DeadLetter | null> {
  try {
    if (codec.nameOf(value) === undefined) await codec.refresh()
    return codec.decode('DeadLetter', value)
  } catch (error) {
    if (error instanceof CodecError) return null
    throw error
  }
}
