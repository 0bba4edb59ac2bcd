// A kafkajs client with its traps handled: short first retries, its log routed, its idle timer patched, coordinators
// remembered, records encoded and decoded in one pass, and aborted records left out (kafkajs lets some through).
//
// Use one instance for a consumer and another for producers: with one, the offsets of an aborted transaction move the
// consumer's own position.
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { kafkaEntries, loadConfig } from './config.ts'
import { kafkaLog } from './kafka-log.ts'
import { patchAbortedRecords } from './kafkajs-aborted-records.ts'
import { patchCodec } from './kafkajs-codec.ts'
import { patchCoordinators } from './kafkajs-coordinators.ts'
import { patchIdleTimer } from './kafkajs-idle-timer.ts'
import { patchConnect } from './kafkajs-one-connect.ts'
import type { Logger } from './logger.ts'
import { promptSockets } from './sockets.ts'

export interface KafkaOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly logger: Logger
  /** What only some clients need: TLS, a socket factory, fewer retries. */
  readonly overrides?: Partial<KafkaConfig>
}

/** kafkajs begins at 300 ms, which is an age beside a transaction of 3 ms. Together these last about 35 s. */
export const clientRetry = { initialRetryTime: 5, maxRetryTime: 1_000, retries: 40 }

export function createKafka ({ brokers, clientId, logger, overrides = {} }: KafkaOptions): Kafka {
  patchIdleTimer()
  patchConnect()
  patchAbortedRecords()
  patchCoordinators()
  if (loadConfig(kafkaEntries).codec === 'own') patchCodec()
  return new Kafka({
    brokers: [...brokers], clientId,
    connectionTimeout: 3_000, requestTimeout: 30_000,
    // Asked once: at debug kafkajs describes every request.
    logLevel: logger.isLevelEnabled('debug') ? logLevel.DEBUG : logLevel.WARN,
    logCreator: () => kafkaLog(logger),
    socketFactory: promptSockets,
    ...overrides,
    retry: { ...clientRetry, ...overrides.retry }
  })
}
