// What an agent does with records on its own topics that it can't read: passes over them and goes on.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectCodec } from '@mesh/schemas'
import { partitionFor, topicNames } from '@mesh/topics'
import type { Producer } from 'kafkajs'
import { type Agent, startAgents } from '../src/index.ts'
import { askerOf, middleOf, oddOf, workerOf } from './cast.ts'
import type { MeshGround } from './mesh-ground.ts'

export function badRecordFeatures (title: string, ground: () => MeshGround): void {
  describe(title, () => {
    const suffix = Math.random().toString(36).slice(2, 8)
    const middle = middleOf(suffix, { handlerMs: () => 0, onRun: () => {} })
    const asker = askerOf(suffix)
    const agents: Agent[] = [asker, middle, workerOf(suffix)]
    let producer: Producer
    beforeAll(async () => {
      producer = ground().kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
      await Promise.all([startAgents(agents, ground().options), producer.connect()])
    })
    afterAll(() => Promise.all([...agents.map(agent => agent.stop()), producer.disconnect()]))

    test('garbage, nothing, an unknown schema and another record in an inbox are passed over; the partition goes on', async () => {
      const { namespace, options } = ground()
      const codec = await connectCodec({ schemaRegistryUrl: options.schemaRegistryUrl! })
      const unknownId = Buffer.from([0, 0x7f, 0xff, 0xff, 0xf0, 1, 2, 3])
      const another = codec.encode('SignedDispatch', { body: Buffer.from('x'), keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) })
      const values = [Buffer.from('garbage'), null, unknownId, another]
      const workflowId = 'one-partition'
      const topic = topicNames(namespace).inbox(middle.name, 1)
      const partition = partitionFor(workflowId, 4)
      await producer.send({ topic, messages: values.map(value => ({ key: workflowId, partition, value })) })
      expect(await asker.call(oddOf(suffix), { number: 3 }, { workflowId, priority: 1 })).toEqual({ number: 7 })
      expect(middle.health().counts.garbage).toBe(values.length)
    })

    test('garbage on the answers topic is passed over', async () => {
      const topic = topicNames(ground().namespace).answers(asker.name)
      const garbage = [{ key: null, value: Buffer.from('garbage') }, { key: 'x', value: null }]
      await producer.send({ topic, messages: Array.from({ length: 8 }, (_, partition) => garbage.map(record => ({ ...record, partition }))).flat() })
      expect(await asker.call(oddOf(suffix), { number: 4 })).toEqual({ number: 9 })
      expect(asker.health().counts.garbage).toBe(garbage.length)
    })
  })
}
