// Records that no agent should have written, on the dispatch topics.
import { randomBytes } from 'node:crypto'
import { Kafka, logLevel, type Message } from 'kafkajs'
import { type Random, randomOf } from '../core/random.ts'
import type { WireFormat } from '../reader/avro.ts'
import { partitionOf } from './partitioning.ts'

export interface GarbageOptions { readonly brokers: readonly string[], readonly namespace: string, readonly taskCount: number, readonly wire: WireFormat }

/** The broker may be away just then. */
const retry = { initialRetryTime: 50, maxRetryTime: 500, retries: 80 }

export async function writeGarbage (count: number, seed: string, { brokers, namespace, taskCount, wire }: GarbageOptions): Promise<number> {
  const random = randomOf(seed)
  const kafka = new Kafka({ clientId: 'torture-garbage', brokers: [...brokers], logLevel: logLevel.NOTHING, retry })
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  try {
    await producer.connect()
    for (let n = 0; n < count; n++) {
      const partition = random.between(0, taskCount - 1)
      await producer.send({ topic: `${namespace}.dispatch.p${random.between(0, 3)}`, acks: -1, messages: [{ partition, ...badRecord(random, wire, taskCount) }] })
    }
    return count
  } finally {
    await producer.disconnect()
  }
}

function badRecord (random: Random, wire: WireFormat, taskCount: number): Message {
  const key = `bad-${random.between(1, 1_000_000)}`
  const bytes = randomBytes(random.between(1, 400))
  const partition = partitionOf(key, taskCount)
  const unknownId = Buffer.concat([Buffer.from([0, 0, 9, 9, 9]), bytes])
  const signed = (body: Buffer): Buffer => wire.encode('mesh.dispatch.SignedDispatch', { body, keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) })
  const whole = signed(bytes)
  const wrongRecord = wire.encode('mesh.delivery.DeadLetter', {
    ingress: { topic: 'none', partition: 0, offset: 0 }, code: 'GARBAGE', message: 'none', atMs: 0, key: null, value: null, dispatchId: null, workflowId: null,
    source: null, target: null, capability: null, priority: null, attempt: 0
  })
  return random.pick<() => Message>([
    () => ({ key: null, value: bytes }),
    () => ({ key, partition, value: null }),
    () => ({ key, partition, value: bytes }),
    () => ({ key, partition, value: unknownId }),
    () => ({ key, partition, value: whole }),
    () => ({ key, partition, value: whole.subarray(0, whole.length - 2) }),
    () => ({ key, partition, value: signed(Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), bytes])) }),
    () => ({ key, partition, value: wrongRecord }),
    () => ({ key, partition, value: Buffer.alloc(0) }),
    () => ({ key, partition, value: Buffer.alloc(600 * 1_024, 1) }),
    () => ({ key, partition, value: whole, headers: { weight: 'x'.repeat(10_000) } })
  ])()
}
