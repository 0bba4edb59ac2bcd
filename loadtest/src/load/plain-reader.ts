// Reads the inboxes of targets that are registered and run nowhere: one consumer for all, as thousands of agents in one process
// would measure that process.
import { createKafka, createLogger } from '@mesh/runtime'
import { localCodec } from '@mesh/schemas'
import { askRegistry } from '@mesh/stage'
import type { Workload } from '../core/workload.ts'
import { readInboxes } from './inbox-reading.ts'
import { capabilityOf, targetName } from './load-names.ts'
import type { Marked } from './orders.ts'
import type { Taken } from './taken.ts'

const partitionBytesMax = 256 * 1_024
const registeringAtOnce = 8
/** Each has its topics made, behind those of others. */
const registeredMsMax = 120_000

/** Resolves when it reads them all; answers what stops it. */
export async function startPlainReader (workload: Workload, taken: Taken): Promise<() => Promise<void>> {
  const { MESH_KAFKA_BROKERS: brokers, MESH_NAMESPACE: namespace, MESH_REGISTRY_URL: registryUrl } = process.env as Record<string, string>
  const { agents: { targets, maxConcurrent, inboxPartitions } } = workload
  const waiting = Array.from({ length: targets }, (_, target) => target)
  await Promise.all(Array.from({ length: registeringAtOnce }, async () => {
    for (let target = waiting.pop(); target !== undefined; target = waiting.pop()) await register(target)
  }))
  const codec = localCodec()
  const kafka = createKafka({ brokers: brokers!.split(','), clientId: `${namespace}.loadtest`, logger: createLogger({ name: 'loadtest', level: 'warn' }) })
  const consumer = kafka.consumer({ groupId: `${namespace}.loadtest`, maxBytesPerPartition: partitionBytesMax, maxWaitTimeInMs: 100 })
  await readInboxes(consumer, { namespace: namespace!, targets }, (value, { priority, target }) => {
    const { dispatch: { body } } = codec.decode('Delivery', value)
    const { payload } = codec.decode('Dispatch', body)
    taken.note(JSON.parse(payload.toString()) as Marked, priority, target)
  }, { autoCommit: false })
  return () => consumer.disconnect()

  async function register (target: number): Promise<void> {
    await askRegistry(`${registryUrl}/agents`, 'POST', {
      name: targetName(target), version: '1.0.0', domain: 'loadtest', role: 'orchestrator', ownerTeam: 'loadtest', maxConcurrent, slaP95Ms: 1_000, inboxPartitions,
      answersPartitions: 1, capabilities: [{ name: capabilityOf(target), inputSchema: {}, outputSchema: null }]
    }, registeredMsMax)
  }
}
