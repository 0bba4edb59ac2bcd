// kafkajs's own log, brought down to what a person must see.
//
// Invariants:
//   K1. What a second try answers is debug: kafkajs calls it an error each time, and there are many (the markers of the
//       last transaction being written, a rebalance, a consumer that is being closed).
//   K2. A broker that can't be reached is a warning, at most one in `quietMs`, with the number of those left out.
//   K3. Only named fields pass: kafkajs puts requests and responses into its entries.
import { type LogEntry, logLevel } from 'kafkajs'
import type { Logger } from './logger.ts'

export type EntryKind = 'routine' | 'unreachable' | 'error' | 'warn'

const unreachable = /^Failed to connect to (seed )?broker|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|Connection timeout|^No active brokers/
const routine = new RegExp([
  'switched default partitioner', 'Limiting retries',
  'rebalanc', 'member is not known', 'not aware of this member', 'Restarting the consumer', 'resync group',
  'not the correct coordinator', 'coordinator is (loading|not available)', 'COORDINATOR_NOT_AVAILABLE', 'group coordinator',
  'concurrent transaction', 'CONCURRENT_TRANSACTIONS',
  'does not host this topic-partition', 'no leader for this topic-partition', 'leadership election', 'not the leader', 'Response without match'
].join('|'), 'i')

/** What an entry is to whoever runs the process. */
export function kindOf ({ level, namespace, log }: Pick<LogEntry, 'level' | 'namespace' | 'log'>): EntryKind {
  if (level !== logLevel.ERROR && level !== logLevel.WARN) return 'routine'
  // Its reader has stopped, for whatever reason; that is seldom and never routine.
  if (log.message.startsWith('Crash:')) return 'warn'
  const said = `${log.message} ${typeof log['error'] === 'string' ? log['error'] : ''}`
  if (unreachable.test(said)) return 'unreachable'
  // A failed response is an error of whoever asked, who gets it, tries again or reports it.
  if (namespace === 'Connection' || routine.test(said)) return 'routine'
  return level === logLevel.ERROR ? 'error' : 'warn'
}

const quietMs = 10_000

/** A log creator's entry function for one client. */
export function kafkaLog (logger: Logger, nowMs: () => number = () => performance.now()): (entry: LogEntry) => void {
  let quietUntilMs = -Infinity
  let leftOut = 0
  return entry => {
    const { message, error, clientId, broker, groupId, topic, partition } = entry.log as Record<string, unknown> & { readonly message: string }
    const fields = { kafka: entry.namespace, clientId, broker, groupId, topic, partition, ...error instanceof Error ? { err: error } : { reason: error } }
    const kind = kindOf(entry)
    if (kind === 'error' || kind === 'warn') return logger[kind](fields, message)
    if (kind === 'routine') return logger.debug(fields, message)
    if (nowMs() < quietUntilMs) {
      leftOut++
      return logger.debug(fields, message)
    }
    logger.warn({ ...fields, leftOut }, `a broker can't be reached; trying again: ${message}`)
    quietUntilMs = nowMs() + quietMs
    leftOut = 0
  }
}
