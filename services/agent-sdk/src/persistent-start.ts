// A broker that goes away in the middle of a start is waited for like one that was away before it.
//
// Invariant: waiting is bounded by `waitMs`, and then the error says what to do; what isn't a broker's absence isn't waited for.
import { setTimeout as pause } from 'node:timers/promises'
import { sdkCodes } from './codes.ts'
import type { Settings } from './config.ts'
import { MeshError } from './errors.ts'

const pauseMs = 500

/**
 * `start` is told how long it may wait itself, and must leave nothing behind when it fails. Rejects with MeshError
 * BROKER_UNREACHABLE where the broker stays away.
 */
export async function startPersistently (start: (leftMs: number) => Promise<void>, settings: Pick<Settings, 'kafkaBrokers' | 'waitMs'>): Promise<void> {
  const { kafkaBrokers, waitMs } = settings
  const overAtMs = performance.now() + waitMs
  for (;;) {
    try {
      return await start(Math.max(0, Math.round(overAtMs - performance.now())))
    } catch (error) {
      if (!isBrokerAway(error)) throw error
      if (performance.now() + pauseMs >= overAtMs) {
        throw new MeshError('BROKER_UNREACHABLE',
          `${kafkaBrokers.join(', ')} went away while agents were starting, for ${waitMs / 1000} s (${(error as Error).message}). Start the mesh with \`npm start\`, or set MESH_KAFKA_BROKERS.`,
          { ...sdkCodes.BROKER_UNREACHABLE, cause: error })
      }
    }
    await pause(pauseMs)
  }
}

/** What kafkajs throws of brokers that can't be reached or break off; what they refuse says `retriable: false`. */
function isBrokerAway (error: unknown): boolean {
  const { name, retriable } = error as { readonly name?: string, readonly retriable?: boolean }
  if (name === undefined || !name.startsWith('KafkaJS')) return false
  return retriable === true || name === 'KafkaJSNumberOfRetriesExceeded'
}
