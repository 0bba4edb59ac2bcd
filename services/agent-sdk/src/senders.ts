// Who wrote what arrives: each agent checks signatures for itself, by the keys that the control plane publishes.
//
// Invariants:
//   W1. A key that isn't known yet may be on its way here; it is waited for, `keyWaitMs` at most.
//   W2. What isn't its source's is never handled and never answers a call.
import { type CompactedTable, startCompactedTable } from '@mesh/runtime'
import { type AgentKey, type Codec, CodecError } from '@mesh/schemas'
import { SignatureChecker, type SignatureProblem } from '@mesh/signing'
import type { TopicNames } from '@mesh/topics'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { setTimeout as pause } from 'node:timers/promises'
import type { Received } from './pipeline.ts'

export interface Senders {
  /** Resolves once the key is known here, or after a while: others have it by then, too. */
  heard (keyId: string): Promise<void>
  /** Undefined where its source wrote it; a promise only where the key that is missing may still come. */
  problem (received: Received): Problem | Promise<Problem>
  close (): Promise<void>
}

export interface SendersOptions {
  readonly kafka: Kafka
  readonly names: TopicNames
  readonly readerId: string
  readonly codec: Codec
  readonly logger: Logger
}

type Problem = SignatureProblem | undefined

const keyWaitMs = 2_000
const keyPauseMs = 20
const freshMs = 2_000

export async function startSenders ({ kafka, names, readerId, codec, logger }: SendersOptions): Promise<Senders> {
  const keys = new Map<string, AgentKey>()
  const table: CompactedTable = await startCompactedTable({
    kafka, topic: names.keys, readerId, freshMs, logger,
    apply ({ key, value }) {
      try {
        // Copied: the decoded one is a view of the whole fetch.
        if (value !== null) keys.set(key, codec.decode('AgentKey', Buffer.from(value)))
      } catch (error) {
        if (!(error instanceof CodecError)) throw error
        logger.warn({ code: error.code }, 'a key could not be read and is left out')
      }
    }
  })
  const checker = new SignatureChecker(keys)
  const problemNow = ({ delivery, dispatch }: Received): Problem => checker.problem(delivery.dispatch, dispatch.source, delivery.decision.appendedAtMs)
  async function heard (keyId: string): Promise<void> {
    for (let waitedMs = 0; !keys.has(keyId) && waitedMs < keyWaitMs; waitedMs += keyPauseMs) await pause(keyPauseMs)
  }
  return {
    heard,
    problem (received) {
      const problem = problemNow(received)
      return problem?.code === 'KEY_UNKNOWN' ? heard(received.delivery.dispatch.keyId).then(() => problemNow(received)) : problem
    },
    close: () => table.close()
  }
}

/** For agents that talk within one process. */
const nothing = async (): Promise<undefined> => undefined
export const everySender: Senders = { heard: nothing, problem: () => undefined, close: nothing }
