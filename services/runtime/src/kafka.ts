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

// What a healthy client says when it tries again: a rebalance, a broker coming back, topics just made.
const retried = /switched default partitioner|Limiting retries|rebalanc|not the correct coordinator|coordinator is (loading|not available)|member is not known|Restarting the consumer/i

/**
 * A failed response is an error of whoever asked, who gets it, tries again or reports it; here it would be noise,
 * because most are answered by a second try (the markers of the last transaction being written is the commonest).
 */
function writeEntry (logger: Logger, { level, namespace, log }: LogEntry): void {
  const { message, error, clientId, broker } = log as { message: string, error?: string, clientId?: string, broker?: string }
  const fields = { kafka: namespace, clientId, broker, error }
  const isRetried = namespace === 'Connection' || retried.test(message)
  if (isRetried || level === logLevel.DEBUG) logger.debug(fields, message)
  else if (level === logLevel.ERROR) logger.error(fields, message)
  else if (level === logLevel.WARN) logger.warn(fields, message)
  else logger.info(fields, message)
}
