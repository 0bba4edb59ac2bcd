// The checkpointer with its key, its folder, its topic and its metrics.

import { createKafka, type Logger, type Metrics } from '@mesh/runtime'
import type { Codec } from '@mesh/schemas'
import { loadOrCreateKey, signingKeyFrom } from '@mesh/signing'
import { topicNames } from '@mesh/topics'
import { noteKey } from '@mesh/evidence'
import { Counter, Gauge } from 'prom-client'
import { openCheckpointFolder } from './checkpoint-folder.ts'
import { startCheckpointer, type Checkpointer } from './checkpointer.ts'
import { openCheckpoints, type CheckpointKey } from './checkpoints.ts'
import { openConnections } from './connections.ts'
import { dayStatements } from './day-statements.ts'
import type { ArchiverOptions } from './process.ts'

export type Sealing = Checkpointer

export interface SealingParts {
  readonly codec: Codec
  readonly metrics: Metrics
  readonly logger: Logger
}

/** One for what is signed: it waits for nobody, and nobody for it. */
const connectionsMax = 1

export async function openSealing (options: ArchiverOptions, parts: SealingParts): Promise<Sealing> {
  try {
    return await open(options, parts)
  } catch (error) {
    // A key that can't be used must not stop the archiving.
    const problem = `${(error as Error).message}; no checkpoint is signed until that is mended and the archiver started again`
    parts.logger.error({ reason: problem }, 'no checkpoint')
    return { problem: () => problem, close: async () => undefined }
  }
}

async function open (options: ArchiverOptions, { codec, metrics, logger }: SealingParts): Promise<Sealing> {
  const { databaseUrl, auditSchema: schema, namespace, checkpointOrigin: origin = `${namespace}/audit` } = options
  const key = await keyOf(options, origin)
  const connections = openConnections({ databaseUrl, connectionsMax, logger })
  const topic = topicNames(namespace).checkpoints
  const producer = createKafka({ brokers: options.kafkaBrokers, clientId: `${namespace}.archiver.checkpoints`, logger }).producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 })
  let connected: Promise<void> | undefined
  const checkpointer = startCheckpointer({
    ...countersOf(metrics),
    checkpoints: openCheckpoints({ connections, schema, origin, key, nowMs: Date.now, statements: client => dayStatements(client, schema) }),
    key: key.key,
    origin,
    everyMs: options.checkpointEveryMs,
    everyLeaves: options.checkpointEveryEvents,
    logger,
    openFolder: () => openCheckpointFolder(options.checkpointsFolder, origin, key.key),
    async publish (checkpoint) {
      connected ??= producer.connect()
      await connected.catch(error => {
        connected = undefined
        throw error
      })
      await producer.send({ topic, acks: -1, messages: [{ partition: 0, key: `${origin}/${checkpoint.size}`, value: codec.encode('Checkpoint', checkpoint) }] })
    }
  })
  return {
    problem: checkpointer.problem,
    async close () {
      await checkpointer.close()
      if (connected !== undefined) await producer.disconnect()
      await connections.close()
    }
  }
}

async function keyOf ({ checkpointKey, checkpointKeyFile }: ArchiverOptions, origin: string): Promise<CheckpointKey> {
  const { publicKey, privateKey } = checkpointKey === undefined ? (await loadOrCreateKey(checkpointKeyFile)).key : signingKeyFrom(checkpointKey)
  return { key: noteKey(origin, publicKey), privateKey }
}

function countersOf ({ registry }: Metrics): { onSigned (leaves: number): void, onPublished (size: number): void, onRefused (): void } {
  const registers = [registry]
  let publishedAtMs = performance.now()
  const signed = new Counter({ name: 'mesh_archiver_checkpoints_total', help: 'Checkpoints signed.', registers })
  const leaves = new Counter({ name: 'mesh_archiver_sealed_events_total', help: 'Events that a checkpoint of this archiver was the first to commit to.', registers })
  const refused = new Counter({ name: 'mesh_archiver_checkpoint_refusals_total', help: 'Checkpoints not signed because the database is not what the last one signed.', registers })
  const size = new Gauge({ name: 'mesh_archiver_checkpoint_size', help: 'Statements that the last published checkpoint commits to.', registers })
  new Gauge({
    name: 'mesh_archiver_checkpoint_age_seconds', help: 'Since the last checkpoint was published, or the start.', registers,
    collect () { this.set((performance.now() - publishedAtMs) / 1000) }
  })
  return {
    onSigned (count) {
      signed.inc()
      leaves.inc(count)
    },
    onPublished (published) {
      publishedAtMs = performance.now()
      size.set(published)
    },
    onRefused: () => refused.inc()
  }
}
