// Keeps control state in step with its topics. A record that can't be read is left out, counted and logged: one bad
// record must not stop the mesh.
import { type Codec, CodecError } from '@mesh/schemas'
import { type CompactedTable, type Logger, startCompactedTable, type TableRecord } from '@mesh/runtime'
import type { TopicNames } from '@mesh/topics'
import type { Kafka } from 'kafkajs'
import { applyRegistration, applyRemoval, type ControlState, emptyControl } from './core/control.ts'

export interface ControlReader {
  readonly control: ControlState
  /** By topic. What the control loops measured is no reason to stop when it is old: it is then unknown. */
  readonly tables: { readonly registry: CompactedTable, readonly quotas: CompactedTable, readonly keys: CompactedTable }
  close (): Promise<void>
}

export interface ControlReaderOptions {
  readonly kafka: Kafka
  readonly names: TopicNames
  readonly readerId: string
  readonly codec: Codec
  readonly logger: Logger
  readonly onUnreadable: (topic: string) => void
}

/** Says that the measuring goes on; speaks of no agent. */
const heartbeatKey = 'heartbeat'

/** Control state older than this, measured against the topic's end, makes the process not ready. */
const freshMs = 2_000

export async function startControlReader (options: ControlReaderOptions): Promise<ControlReader> {
  const { kafka, names, readerId, logger } = options
  const control = emptyControl()
  const started: CompactedTable[] = []
  const table = async (topic: string, apply: (record: TableRecord) => void) => {
    const reading = await startCompactedTable({ kafka, topic, readerId, freshMs, logger, apply: record => tolerating(topic, record, apply, options) })
    started.push(reading)
    return reading
  }
  const close = async () => { await Promise.all(started.map(reading => reading.close())) }
  try {
    const [registry, quotas, keys] = await Promise.all([
      table(names.registry, record => registered(control, options.codec, record)),
      table(names.quotas, record => limited(control, options.codec, record)),
      table(names.keys, record => signing(control, options.codec, record)),
      table(names.pressure, record => measured(control, options.codec, record)),
      table(names.circuits, record => cutOff(control, options.codec, record))
    ])
    return { control, tables: { registry, quotas, keys }, close }
  } catch (error) {
    await close()
    throw error
  }
}

function tolerating (topic: string, record: TableRecord, apply: (record: TableRecord) => void, { logger, onUnreadable }: ControlReaderOptions): void {
  try {
    apply(record)
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    logger.warn({ topic, offset: record.offset, code: error.code }, 'a record of control state could not be read and is left out')
    onUnreadable(topic)
  }
}

function registered (control: ControlState, codec: Codec, { key, value, offset }: TableRecord): void {
  if (value !== null) return applyRegistration(control, codec.decode('AgentRegistration', value), offset)
  const [name = '', version = ''] = key.split('@')
  applyRemoval(control, name, version, offset)
}

function limited ({ quotas }: ControlState, codec: Codec, { key, value }: TableRecord): void {
  if (value === null) quotas.delete(key)
  else quotas.set(key, codec.decode('Quota', value))
}

function signing ({ keys }: ControlState, codec: Codec, { key, value }: TableRecord): void {
  // Copied: the decoded one is a view of the whole fetch.
  if (value !== null) keys.set(key, codec.decode('AgentKey', Buffer.from(value)))
}

function measured ({ pressure }: ControlState, codec: Codec, { key, value, appendedAtMs }: TableRecord): void {
  pressure.measuredAtMs = Math.max(pressure.measuredAtMs, appendedAtMs)
  if (value === null) pressure.byAgent.delete(key)
  else pressure.byAgent.set(key, codec.decode('Pressure', value))
}

function cutOff ({ circuits }: ControlState, codec: Codec, { key, value, appendedAtMs }: TableRecord): void {
  circuits.heardAtMs = Math.max(circuits.heardAtMs, appendedAtMs)
  if (value === null) circuits.byKey.delete(key)
  else if (key !== heartbeatKey) circuits.byKey.set(key, codec.decode('Circuit', value))
}
