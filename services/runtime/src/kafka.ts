// A kafkajs client with its traps handled: short first retries, its log routed, its idle timer patched.
//
// Use one instance for a consumer and another for producers: with one, the offsets of an aborted transaction move the
// consumer's own position.
import { Kafka, type LogEntry, logLevel } from 'kafkajs'
import { patchIdleTimer } from './kafkajs-idle-timer.ts'
import type { Logger } from './logger.ts'

export interface KafkaOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly logger: Logger
}

/** kafkajs begins at 300 ms, which is an age beside a transaction of 3 ms. */
export const clientRetry = { initialRetryTime: 5, maxRetryTime: 1_000, retries: 40 }

export function createKafka ({ brokers, clientId, logger }: KafkaOptions): Kafka {
  patchIdleTimer()
  return new Kafka({
    brokers: [...brokers], clientId, retry: clientRetry,
    connectionTimeout: 3_000, requestTimeout: 30_000,
    logLevel: logger.isLevelEnabled('debug') ? logLevel.DEBUG : logLevel.WARN,
    logCreator: () => entry => writeEntry(logger, entry)
  })
}

// What a healthy client says when it tries again: markers of the last transaction, a rebalance, a broker coming back.
const retried = /Limiting retries|switched default partitioner|CONCURRENT_TRANSACTIONS|concurrent transactions|rebalanc|REBALANCE_IN_PROGRESS|COORDINATOR_NOT_AVAILABLE|NOT_COORDINATOR|coordinator is (loading|not available)|not the correct coordinator|Connection error|Failed to connect|ECONNREFUSED|Connection timeout|Closed connection|UNKNOWN_TOPIC_OR_PARTITION|does not host this topic-partition|no leader for this topic-partition|Response without match|member is not known|UNKNOWN_MEMBER_ID|older epoch/i

function writeEntry (logger: Logger, { level, namespace, log }: LogEntry): void {
  const { message, error, clientId, broker } = log as { message: string, error?: string, clientId?: string, broker?: string }
  const fields = { kafka: namespace, clientId, broker, error }
  const isRetried = retried.test(`${message} ${error ?? ''}`)
  if (isRetried || level === logLevel.DEBUG) logger.debug(fields, message)
  else if (level === logLevel.ERROR) logger.error(fields, message)
  else if (level === logLevel.WARN) logger.warn(fields, message)
  else logger.info(fields, message)
}
