// What instances of an agent do when the mesh says, on each partition of their answers topic, that the agent is over its quota.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Codec, connectCodec, type Notice } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import type { Producer } from 'kafkajs'
import { type Agent, type SlowDownSignal, startAgents } from '../src/index.ts'
import { until } from './agent-features.ts'
import { askerOf, middleOf, oddOf, WithNumber, workerOf } from './cast.ts'
import { type MeshGround, withAdmin } from './mesh-ground.ts'

const slowDown = { ratePerS: 20, burst: 20, backlogRecords: 5, clearsInMs: 60_000 }

export function slowDownFeatures (title: string, ground: () => MeshGround): void {
  describe(title, () => {
    const suffix = Math.random().toString(36).slice(2, 8)
    const instances = [askerOf(suffix), askerOf(suffix)] as const
    const others = [middleOf(suffix, { handlerMs: () => 0, onRun: () => {} }), workerOf(suffix)]
    const signals = instances.map(() => [] as SlowDownSignal[])
    let codec: Codec
    let producer: Producer

    async function tell (notice: Pick<Notice, 'type' | 'slowDown'>): Promise<void> {
      const { kafka, namespace } = ground()
      const topic = topicNames(namespace).answers(instances[0].name)
      const { topics } = await withAdmin(kafka, admin => admin.fetchTopicMetadata({ topics: [topic] }))
      const value = codec.encode('Notice', {
        ...notice, dispatchId: 'd-1', workflowId: 'w-1', sourceInstance: '', code: 'OVER_QUOTA', message: 'over its quota', retriable: true, retryAfterMs: null, fallback: null,
        ingress: { topic: 't', partition: 0, offset: 0 }
      })
      await producer.send({ topic, messages: topics[0]!.partitions.map(({ partitionId }) => ({ key: 'd-1', partition: partitionId, value })) })
    }

    beforeAll(async () => {
      const { kafka, options } = ground()
      producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
      codec = await connectCodec({ schemaRegistryUrl: options.schemaRegistryUrl! })
      instances.forEach((instance, index) => instance.onSlowDown(signal => signals[index]!.push(signal)))
      await Promise.all([producer.connect(), startAgents([instances[0], ...others], options), startAgents([instances[1]], { ...options, pace: 'auto' })])
    })
    afterAll(() => Promise.all([...[...instances, ...others].map((agent: Agent) => agent.stop()), producer.disconnect()]))

    test('each instance hears once that it is over and once that it is cleared; one that paces itself holds back and loses nothing', async () => {
      const [free, paced] = instances
      await tell({ type: 'slow_down', slowDown })
      await until(() => signals.every(heard => heard.length === 1))
      expect([free.health().slowDown, paced.health().slowDown]).toEqual([{ type: 'slow_down', ...slowDown }, { type: 'slow_down', ...slowDown }])

      const ask = (agent: Agent, number: number): Promise<{ number: number }> => agent.call(oddOf(suffix), { number }, { output: WithNumber })
      const calls = Array.from({ length: 40 }, (_, number) => ask(paced, number))
      // What waits there holds up neither another instance nor what is urgent.
      expect(await ask(free, 1)).toEqual({ number: 3 })
      expect(await paced.call(oddOf(suffix), { number: 2 }, { output: WithNumber, priority: 0 })).toEqual({ number: 5 })
      const { paced: waiting, counts } = paced.health()
      expect(waiting).toBeGreaterThan(10)
      expect(counts.paced).toBeGreaterThanOrEqual(waiting)
      expect(free.health()).toMatchObject({ paced: 0, counts: { paced: 0, slowDowns: 1 } })

      await tell({ type: 'cleared', slowDown: null })
      expect(await Promise.all(calls)).toEqual(calls.map((_, number) => ({ number: 2 * number + 1 })))
      expect(paced.health()).toMatchObject({ paced: 0, slowDown: undefined })
      expect(signals).toEqual(instances.map(() => [{ type: 'slow_down', ...slowDown }, { type: 'cleared' }]))
    })
  })
}
