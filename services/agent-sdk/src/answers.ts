// Reads one partition of the agent's answers topic, outside any shared group: answers reach the instance that waits,
// whatever rebalances meanwhile. Other instances may read the same partition; each takes what is its own.
import { backoffMs, type PartitionReader, type ReaderRecord, startPartitionReader } from '@mesh/runtime'
import { type Codec, CodecError } from '@mesh/schemas'
import kafkajs from 'kafkajs'
import { setTimeout as pause } from 'node:timers/promises'
import type { AnswerRecovery } from './answer-recovery.ts'
import type { Connection } from './connection.ts'
import type { Recover } from './exchange-parts.ts'
import type { AgentInstance } from './instance.ts'
import type { Senders } from './senders.ts'
import { fromWire } from './wire.ts'

const retryPause = { firstMs: 20, mostMs: 500 }

export async function startAnswers (connection: Connection, instance: AgentInstance, groupPrefix: string): Promise<PartitionReader> {
  const { kafka, names, logger, settings } = connection
  const { name, replyPartition } = instance.identity
  const overAtMs = performance.now() + settings.waitMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await startPartitionReader({
        kafka, logger, topic: names.answers(name), partitions: [replyPartition], readerId: `${groupPrefix}.answers`, from: 'latest',
        onRecords: async records => { for (const record of records) await hear(record, connection, instance) }
      })
    } catch (error) {
      // The broker says so of a topic that was created a moment ago.
      if (!(error instanceof kafkajs.KafkaJSError) || !error.retriable || performance.now() > overAtMs) throw error
      logger.debug({ error: error.message, attempt }, 'the answers topic is not ready yet')
      await pause(backoffMs(attempt, retryPause, 0.5))
    }
  }
}

const outcomes: ReadonlySet<string> = new Set(['timed_out', 'fallback'])

/** An answer, or the mesh's word in place of one; a refusal says nothing about the first run. */
export function isAnswer (codec: Codec, value: Buffer): boolean {
  try {
    return codec.nameOf(value) === 'Delivery' || outcomes.has(codec.decode('Notice', value).type)
  } catch {
    return false
  }
}

export const recoverWith = (recovery: AnswerRecovery, codec: Codec, senders: Senders): Recover => async (dispatchId, sinceMs) => {
  const value = await recovery.find(dispatchId, sinceMs)
  if (value === undefined || value === 'absent') return value
  if (codec.nameOf(value) !== 'Delivery') return codec.decode('Notice', value)
  const received = fromWire(codec, value)
  return await senders.problem(received) === undefined ? received : 'absent'
}

async function hear (record: ReaderRecord, connection: Connection, instance: AgentInstance): Promise<void> {
  const { codec, senders } = connection
  for (const isRetry of [false, true]) {
    try {
      if (record.value === null) throw new CodecError('GARBAGE', 'the record has no value')
      if (codec.nameOf(record.value) === 'Notice') return instance.onNotice(codec.decode('Notice', record.value))
      // The key is the id of the request; the rest of the record is looked at only by whoever waits for it.
      if (record.key !== null && !instance.exchange.waitsFor(record.key.toString())) return
      const received = fromWire(codec, record.value)
      const forged = await senders.problem(received)
      // Passed over: the call goes on waiting for the answer itself.
      return forged === undefined ? instance.onAnswer(received.delivery, received.dispatch) : instance.forged(received, forged)
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
      if (error.code === 'UNKNOWN_SCHEMA_ID' && !isRetry) {
        await codec.refresh().catch(() => {})
        continue
      }
      instance.counters.add('garbage')
      instance.logger.error({ code: error.code, partition: record.partition, offset: record.offset }, 'a record on the answers topic could not be read; passed over')
      return
    }
  }
}
