import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createRequire } from 'node:module'
import { patchCoordinators } from './kafkajs-coordinators.ts'

const require = createRequire(import.meta.url)

interface Pool { send (request: unknown): Promise<unknown>, getConnectionByRequest (request: unknown): Promise<unknown> }
interface Broker { connectionPool: Pool, isConnected (): boolean }
interface Cluster { findGroupCoordinator (wanted: { groupId: string, coordinatorType?: number }): Promise<Broker> }

const group = { groupId: 'g' }
let asked: string[]
let connected: boolean
let failure: Error | undefined
let broker: Broker
let cluster: Cluster

/** kafkajs's own pool and cluster, over a connection and a broker that are not there. */
const poolOfOne = (): Pool => {
  const { prototype } = require('kafkajs/src/network/connectionPool') as { prototype: object }
  const connection = { send: async () => { if (failure !== undefined) throw failure } }
  return Object.assign(Object.create(prototype) as Pool, { getConnectionByRequest: async () => connection })
}
const clusterOfOne = (): Cluster => {
  const { prototype } = require('kafkajs/src/cluster') as { prototype: object }
  return Object.assign(Object.create(prototype) as Cluster, {
    retrier: (work: (bail: (error: Error) => void) => unknown) => work(error => { throw error }),
    findGroupCoordinatorMetadata: async ({ groupId, coordinatorType }: { groupId: string, coordinatorType: number }) => {
      asked.push(`${coordinatorType}/${groupId}`)
      return { coordinator: { nodeId: 1 } }
    },
    findBroker: async () => broker
  })
}

beforeAll(() => patchCoordinators())
beforeEach(() => {
  asked = []
  connected = true
  failure = undefined
  broker = { connectionPool: poolOfOne(), isConnected: () => connected }
  cluster = clusterOfOne()
})

describe('the coordinator of a group or a transaction', () => {
  test('is asked for once', async () => {
    expect(await cluster.findGroupCoordinator(group)).toBe(broker)
    await broker.connectionPool.send({})
    expect(await cluster.findGroupCoordinator(group)).toBe(broker)
    expect(asked).toEqual(['0/g'])
  })

  test('is another one for each group, each kind and each cluster', async () => {
    await cluster.findGroupCoordinator(group)
    await cluster.findGroupCoordinator({ groupId: 'h' })
    await cluster.findGroupCoordinator({ groupId: 'g', coordinatorType: 1 })
    await clusterOfOne().findGroupCoordinator(group)
    expect(asked).toEqual(['0/g', '0/h', '1/g', '0/g'])
  })

  test('is asked for again after a request to it failed, and then kept again', async () => {
    await cluster.findGroupCoordinator(group)
    failure = new Error('NOT_COORDINATOR_FOR_GROUP')
    await expect(broker.connectionPool.send({})).rejects.toBe(failure)
    await cluster.findGroupCoordinator(group)
    await cluster.findGroupCoordinator(group)
    expect(asked).toEqual(['0/g', '0/g'])
  })

  test('is asked for again when its broker is not connected, or has another connection', async () => {
    await cluster.findGroupCoordinator(group)
    connected = false
    await cluster.findGroupCoordinator(group)
    connected = true
    broker.connectionPool = poolOfOne()
    await cluster.findGroupCoordinator(group)
    await cluster.findGroupCoordinator(group)
    expect(asked).toEqual(['0/g', '0/g', '0/g'])
  })

  test('is not kept when nobody knew it', async () => {
    const { findBroker } = Object.assign({}, cluster) as unknown as { findBroker: () => Promise<Broker> }
    Object.assign(cluster, { findBroker: async () => { throw new Error('no such broker') } })
    await expect(cluster.findGroupCoordinator(group)).rejects.toThrow('no such broker')
    Object.assign(cluster, { findBroker })
    expect(await cluster.findGroupCoordinator(group)).toBe(broker)
    expect(asked).toEqual(['0/g', '0/g'])
  })

  test('is kept for a bounded number of groups', async () => {
    for (let n = 0; n < 1_000; n++) await cluster.findGroupCoordinator({ groupId: `g${n}` })
    asked = []
    await cluster.findGroupCoordinator({ groupId: 'one more' })
    await cluster.findGroupCoordinator({ groupId: 'g0' })
    expect(asked).toEqual(['0/one more', '0/g0'])
  })
})
