// What the governor says of agents whose instances are there, stand still, or are gone.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Consumer } from 'kafkajs'
import { inboxGroup } from '../src/inboxes.ts'
import { CircuitStand } from './circuit-stand.ts'
import { type GovernorStand, until } from './governor-stand.ts'

let mesh: CircuitStand
beforeAll(async () => { mesh = await CircuitStand.open() }, 60_000)
afterEach(() => mesh.stand.drain())
afterAll(() => mesh.close(), 30_000)

/** An instance that reads and handles nothing but what it is told to. */
async function instanceOf (stand: GovernorStand, agent: string): Promise<{ readonly consumer: Consumer, handle (): Promise<void> }> {
  const next = new Map<string, { readonly topic: string, readonly partition: number, readonly offset: string }>()
  const consumer = stand.kafka.consumer({ groupId: inboxGroup(stand.namespace, agent), readUncommitted: false, maxWaitTimeInMs: 100, heartbeatInterval: 500 })
  await consumer.connect()
  await consumer.subscribe({ topics: stand.names.inboxAll(agent), fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const { topic, partition } = batch
      next.set(`${topic}/${partition}`, { topic, partition, offset: String(Number(batch.lastOffset()) + 1) })
    }
  })
  return { consumer, handle: () => consumer.commitOffsets([...next.values()]) }
}

test('instances that are there and handle nothing stand still, told once; handling, they are well; without any, it is absent', async () => {
  const { stand, alerts } = mesh
  const said = (agent: string) => stand.said.findLast(({ key }) => key === agent)?.pressure
  await stand.register('stuck')
  await stand.register('nobody')
  const stuck = await instanceOf(stand, 'stuck')
  const governor = await stand.start()
  await until(() => said('stuck')?.health === 'healthy' && said('nobody')?.health === 'absent', 'both are measured')
  expect([said('stuck')!.instances, said('nobody')!.instances]).toEqual([1, 0])
  await stand.deliver('nobody', 1, 2)
  await stand.deliver('stuck', 1, 2)
  await until(() => said('stuck')!.health === 'stalled', 'nothing moves')
  expect(said('stuck')!.classes[1]!.oldestAgeMs).toBeGreaterThan(5_000)
  await until(() => alerts.length > 0, 'it is told')
  expect(alerts).toMatchObject([{ kind: 'AGENT_STALLED', agent: 'stuck', version: null, message: 'stuck stands still: 2 deliveries wait, and none was handled for over 5000 ms.' }])
  const metrics = await (await fetch(`http://127.0.0.1:${governor.healthPort}/metrics`)).text()
  expect(metrics).toMatch(/mesh_governor_agent_health\{agent="stuck",health="stalled",process="governor"\} 1\n/)

  // Another governor, which has not seen it stand still, says no other.
  const before = stand.said.length
  await stand.start()
  const beats = stand.heartbeats().length
  await until(() => stand.heartbeats().length > beats + 3, 'both have measured')
  expect(stand.said.slice(before).filter(({ key, pressure }) => key === 'stuck' && pressure!.health !== 'stalled')).toEqual([])

  await stuck.handle()
  await until(() => said('stuck')!.health === 'healthy', 'it moves')
  await stuck.consumer.disconnect()
  await until(() => said('stuck')!.health === 'absent', 'its instance is gone')
  expect(said('nobody')!.health).toBe('absent')
  expect(alerts).toHaveLength(1)
}, 180_000)
