// kafkajs asks the brokers who coordinates a group or a transaction before nearly every request to that coordinator: four
// of the nine round trips of a transaction. The answer changes only when brokers come and go, so it is kept.
//
// Invariants:
//   F1. An answer is kept for one cluster, which belongs to one producer, consumer or admin, and while its broker is connected.
//   F2. Any request to that broker that fails makes kafkajs ask again, whatever the error says: NOT_COORDINATOR and a lost
//       connection come this way. Asking too often costs a round trip; asking too seldom would repeat the failure for ever.
//   F3. At most `keptMax` answers are kept for a cluster; then all are forgotten.
import { createRequire } from 'node:module'
import { checkVersion } from './kafkajs-idle-timer.ts'

const require = createRequire(import.meta.url)

interface ConnectionPool { send (request: unknown): Promise<unknown> }
interface Broker { readonly connectionPool: ConnectionPool, isConnected (): boolean }
interface Wanted { readonly groupId: string, readonly coordinatorType?: number }
interface Cluster { findGroupCoordinator (wanted: Wanted): Promise<Broker> }

interface Answer {
  readonly broker: Broker
  readonly pool: ConnectionPool
  /** How many requests of the pool had failed when the answer came. */
  readonly failures: number
}

const keptMax = 1_000
const failuresOf = new WeakMap<ConnectionPool, number>()
const answersOf = new WeakMap<Cluster, Map<string, Answer>>()

let patched = false

export function patchCoordinators (): void {
  if (patched) return
  checkVersion((require('kafkajs/package.json') as { readonly version: string }).version)
  countFailures((require('kafkajs/src/network/connectionPool') as { prototype: ConnectionPool }).prototype)
  keepAnswers((require('kafkajs/src/cluster') as { prototype: Cluster }).prototype)
  patched = true
}

function countFailures (prototype: ConnectionPool): void {
  const original = prototype.send
  prototype.send = function (this: ConnectionPool, request: unknown) {
    return original.call(this, request).catch((error: unknown) => {
      failuresOf.set(this, failureCount(this) + 1)
      throw error
    })
  }
}

function keepAnswers (prototype: Cluster): void {
  const original = prototype.findGroupCoordinator
  prototype.findGroupCoordinator = async function (this: Cluster, wanted: Wanted) {
    const { groupId, coordinatorType = 0 } = wanted
    const answers = answersOf.get(this) ?? new Map<string, Answer>()
    answersOf.set(this, answers)
    const key = `${coordinatorType}/${groupId}`
    const kept = answers.get(key)
    if (kept !== undefined && holds(kept)) return kept.broker
    const broker = await original.call(this, wanted)
    if (answers.size >= keptMax) answers.clear()
    answers.set(key, { broker, pool: broker.connectionPool, failures: failureCount(broker.connectionPool) })
    return broker
  }
}

const failureCount = (pool: ConnectionPool): number => failuresOf.get(pool) ?? 0

const holds = ({ broker, pool, failures }: Answer): boolean =>
  broker.connectionPool === pool && failureCount(pool) === failures && broker.isConnected()
