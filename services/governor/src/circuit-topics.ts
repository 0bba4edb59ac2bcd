// mesh.circuits and mesh.alerts, written; mesh.circuits and mesh.changes, read.
//
// T1. Circuits, alerts and the heartbeat of one step go in one request, the heartbeat last; what fails is written again with
//     the next step, as it is by then.
// T2. Records are not transactional: a hung transaction would hold back every reader.
// T3. An order is the newest change of its entity. Changes are kept for 90 days; an order that is older still stands in the
//     circuit's own record.
import { type CompactedTable, type Logger, startCompactedTable, type TableRecord } from '@mesh/runtime'
import type { Alert, Circuit, Codec } from '@mesh/schemas'
import type { TopicNames } from '@mesh/topics'
import type { Kafka } from 'kafkajs'
import type { CircuitOrder } from './core/circuit.ts'
import { closedCircuit } from './core/circuit.ts'
import { orderIn } from './core/orders.ts'
import { heartbeatKey, tableFreshMs } from './pressure-topic.ts'

export interface CircuitWrites {
  readonly puts: readonly Circuit[]
  readonly gone: readonly string[]
  readonly alerts: readonly Alert[]
  readonly heartbeatAtMs: number | null
}

export interface CircuitTopics {
  /** What mesh.circuits says, by agent and version. */
  readonly said: ReadonlyMap<string, Circuit>
  order (agent: string): CircuitOrder | undefined
  write (writes: CircuitWrites): Promise<void>
  /** Whether everything was read that was written before this moment. */
  isReadUpTo (momentMs: number): boolean
  problem (nowMs: number): string | undefined
  ordersProblem (nowMs: number): string | undefined
  close (): Promise<void>
}

export interface CircuitTopicsOptions {
  kafka (part: string): Kafka
  readonly codec: Codec
  readonly names: TopicNames
  readonly readerId: string
  readonly logger: Logger
}

// With the client's growing pauses, about three seconds; a repeat is harmless, so the producer is not idempotent.
const sendRetriesMax = 10

export async function openCircuitTopics ({ kafka, codec, names, readerId, logger }: CircuitTopicsOptions): Promise<CircuitTopics> {
  const said = new Map<string, Circuit>()
  const orders = new Map<string, CircuitOrder>()
  const tableOf = (part: string, topic: string, apply: (record: TableRecord) => void): Promise<CompactedTable> => startCompactedTable({
    kafka: kafka(part), topic, readerId: `${readerId}.${part}`, freshMs: tableFreshMs, logger,
    apply (record) {
      try {
        apply(record)
      } catch (error) {
        logger.warn({ topic, offset: record.offset, reason: (error as Error).message }, 'record can\'t be read; passed over')
      }
    }
  })
  const circuits = await tableOf('circuits', names.circuits, ({ key, value }) => {
    if (key === heartbeatKey) return
    if (value === null) said.delete(key)
    else said.set(key, codec.decode('Circuit', value))
  })
  const changes = await tableOf('changes', names.changes, ({ value }) => {
    const ordered = value === null ? undefined : orderIn(codec.decode('ControlChange', value))
    if (ordered !== undefined) orders.set(ordered.agent, ordered.order)
  })
  const producer = kafka('circuit-writer').producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false, retry: { retries: sendRetriesMax } })
  await producer.connect()
  return {
    said,
    order: agent => orders.get(agent),
    async write ({ puts, gone, alerts, heartbeatAtMs }) {
      const messages = [
        ...puts.map(circuit => ({ key: `${circuit.agent}@${circuit.version}`, value: codec.encode('Circuit', circuit), partition: 0 })),
        ...gone.map(key => ({ key, value: null, partition: 0 })),
        ...heartbeatAtMs === null ? [] : [{ key: heartbeatKey, value: codec.encode('Circuit', closedCircuit('', '', heartbeatAtMs)), partition: 0 }]
      ]
      const told = alerts.map(alert => ({ key: alert.alertId, value: codec.encode('Alert', alert), partition: 0 }))
      const topicMessages = [{ topic: names.circuits, messages }, { topic: names.alerts, messages: told }].filter(one => one.messages.length > 0)
      if (topicMessages.length > 0) await producer.sendBatch({ acks: -1, topicMessages })
    },
    isReadUpTo: momentMs => circuits.problem(momentMs + tableFreshMs) === undefined,
    problem: nowMs => circuits.problem(nowMs),
    ordersProblem: nowMs => changes.problem(nowMs),
    async close () {
      await producer.disconnect()
      await Promise.all([circuits.close(), changes.close()])
    }
  }
}
