// Keeps control state in step with mesh.registry. A record that can't be read is left out, counted and logged: one bad
// registration must not stop the mesh.
import { type Codec, CodecError } from '@mesh/schemas'
import { type CompactedTable, type Logger, startCompactedTable } from '@mesh/runtime'
import type { Kafka } from 'kafkajs'
import { applyRegistration, applyRemoval, type ControlState, emptyControl } from './core/control.ts'

export interface ControlReader {
  readonly control: ControlState
  readonly table: CompactedTable
}

export interface ControlReaderOptions {
  readonly kafka: Kafka
  readonly topic: string
  readonly readerId: string
  readonly codec: Codec
  readonly logger: Logger
  readonly onUnreadable: () => void
}

/** Control state older than this, measured against the topic's end, makes the process not ready. */
const freshMs = 2_000

export async function startControlReader (options: ControlReaderOptions): Promise<ControlReader> {
  const { kafka, topic, readerId, codec, logger, onUnreadable } = options
  const control = emptyControl()
  const table = await startCompactedTable({
    kafka, topic, readerId, freshMs, logger,
    apply ({ key, value, offset }) {
      if (value === null) {
        const [name = '', version = ''] = key.split('@')
        applyRemoval(control, name, version, offset)
        return
      }
      try {
        applyRegistration(control, codec.decode('AgentRegistration', value), offset)
      } catch (error) {
        if (!(error instanceof CodecError)) throw error
        logger.warn({ topic, offset, code: error.code }, 'a registration could not be read and is left out')
        onUnreadable()
      }
    }
  })
  return { control, table }
}
