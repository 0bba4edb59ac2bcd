// An inbox while its broker is away for longer than the client tries: the process lives, says so, and goes on by itself.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createRequire } from 'node:module'
import { type PrivateBroker, startPrivateBroker } from '@mesh/local-stack'
import { createKafka, createLogger } from '@mesh/runtime'
import { localCodec } from '@mesh/schemas'
import { KafkaJSProtocolError } from 'kafkajs'
import { pino } from 'pino'
import { Inbox } from '../src/inbox.ts'
import { everySender } from '../src/senders.ts'
import { until } from './agent-features.ts'
import { received, setting } from './instance-ground.ts'

interface Broker { heartbeat (request: unknown): Promise<unknown>, joinGroup (request: unknown): Promise<unknown> }
const { prototype } = createRequire(import.meta.url)('kafkajs/src/broker/index.js') as { prototype: Broker }

/** The next request of that kind is answered with an error; resolves when it was. */
function failsNext (request: keyof Broker, type: string, retriable: boolean): Promise<void> {
  const { promise: failed, resolve } = Promise.withResolvers<void>()
  const original = prototype[request]
  prototype[request] = async () => {
    prototype[request] = original
    resolve()
    throw new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 14, retriable }))
  }
  return failed
}

const topics = [0, 1, 2, 3].map(priority => `inbox.p${priority}`)
const codec = localCodec()
let broker: PrivateBroker
beforeAll(async () => { broker = await startPrivateBroker() }, 120_000)
afterAll(() => broker.stop(), 60_000)

test('a broker that is away for long does not end the process, and what comes afterwards is handled', async () => {
  const said: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => { said.push(line) } })
  const handled: string[] = []
  const { instance } = setting((_input, { dispatchId }) => { handled.push(dispatchId) })
  const plain = createKafka({ brokers: broker.brokers, clientId: 'plain', logger: createLogger({ name: 'plain', level: 'silent' }) })
  const admin = plain.admin()
  const producer = plain.producer({ idempotent: true, maxInFlightRequests: 1 })
  await Promise.all([admin.connect(), producer.connect()])
  await admin.createTopics({ waitForLeaders: true, topics: topics.map(topic => ({ topic, numPartitions: 1, replicationFactor: 1 })) })
  const inbox = new Inbox({
    kafka: createKafka({ brokers: broker.brokers, clientId: 'inbox', logger }), codec, groupId: 'planner', topics, maxConcurrent: 2, crashesMax: 4, handoffMs: 1_000, instance, senders: everySender, logger
  })
  await inbox.start()
  const deliver = async (dispatchId: string) => {
    const { delivery } = received({ dispatchId, type: 'event' }, null)
    await producer.send({ topic: topics[1]!, messages: [{ key: 'w-1', value: codec.encode('Delivery', delivery), partition: 0 }] })
    await until(() => handled.includes(dispatchId), 60_000)
  }
  try {
    await deliver('before')
    // A rebalance that comes to nothing: the join meets a coordinator that is still loading, then the group is as it was.
    const failed = [failsNext('heartbeat', 'REBALANCE_IN_PROGRESS', false), failsNext('joinGroup', 'COORDINATOR_LOAD_IN_PROGRESS', true)]
    await Promise.all(failed)
    await deliver('after a rebalance that was none')
    const tries = () => said.filter(line => line.includes('a consumer crashed') || line.includes('could not be started again')).length
    const triesBefore = tries()
    await broker.kill()
    await until(() => tries() >= triesBefore + 2, 120_000)
    expect(inbox.problem).toContain('the inbox consumer stopped')
    await broker.start()
    await until(() => inbox.problem === undefined, 60_000)
    await deliver('after')
  } finally {
    await inbox.close()
    await Promise.all([producer.disconnect(), admin.disconnect()])
  }
  // What was not committed when the broker went is handled again.
  expect([...new Set(handled)]).toEqual(['before', 'after a rebalance that was none', 'after'])
}, 300_000)
