// The host stack from nothing: each part asked by a real client, stopped, started again with its data, and gone at the end.
import { existsSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { findStack, startPrivateBroker, startStack, silentProgress } from '../src/index.ts'
import type { Stack, StackAddresses } from '../src/index.ts'
import { meshHome, stackFolder } from '../src/home.ts'
import { startTimeOf } from '../src/process-identity.ts'
import { partNames } from '../src/stack.ts'
import { stackStatus } from '../src/stack-status.ts'
import { stopNamed } from '../src/stop-named.ts'

const name = `test-${process.pid}-own`
const environment = { ...process.env, MESH_STACK: 'host', DATABASE_URL: undefined, REDIS_URL: undefined }
const options = { name, progress: silentProgress, keepData: true, environment }

const kafkaOf = (brokers: string[]) => new Kafka({ clientId: 'host-stack-test', brokers, logLevel: logLevel.NOTHING })

async function withAdmin<T> (brokers: string[], act: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = kafkaOf(brokers).admin()
  await admin.connect()
  try {
    return await act(admin)
  } finally {
    await admin.disconnect()
  }
}

async function query<Row extends pg.QueryResultRow> (address: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: address })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

async function redis<T> (address: string, act: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(address, { maxRetriesPerRequest: 1 })
  try {
    return await act(client)
  } finally {
    client.disconnect()
  }
}

async function register (addresses: StackAddresses, subject: string): Promise<number> {
  const schema = JSON.stringify({ type: 'record', name: 'Kept', namespace: 'test', fields: [{ name: 'id', type: 'string' }] })
  const response = await fetch(`${addresses.schemaRegistryUrl}/subjects/${subject}/versions`, {
    method: 'POST', headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' }, body: JSON.stringify({ schema })
  })
  return ((await response.json()) as { id: number }).id
}

const pidsOf = async (): Promise<number[]> => (await stackStatus(name, environment)).parts.flatMap(part => part.pid === null ? [] : [part.pid])
// A failed start leaves its folder, for its logs.
const forget = (stackName: string): void => { rmSync(stackFolder(meshHome(environment), stackName), { recursive: true, force: true }) }
const areGone = (pids: readonly number[]): boolean => pids.every(pid => startTimeOf(pid) === undefined)

describe('a stack of its own', () => {
  let stack: Stack
  let firstAddresses: StackAddresses
  const pidsSeen: number[] = []

  beforeAll(async () => {
    stack = await startStack(options)
    firstAddresses = stack.addresses
    pidsSeen.push(...await pidsOf())
  })
  afterAll(async () => {
    await stack.stop()
    rmSync(stack.folder, { recursive: true, force: true })
  })

  test('each part answers a real client at once', async () => {
    await withAdmin(stack.addresses.kafkaBrokers, async admin => {
      expect((await admin.describeCluster()).brokers).toHaveLength(1)
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic: 'kept', numPartitions: 2 }] })
    })
    await redis(stack.addresses.redisUrl, client => client.set('kept', 'yes'))
    await query(stack.addresses.databaseUrl, 'create table kept as select 42 as answer')
    expect(await register(stack.addresses, 'kept-value')).toBeGreaterThan(0)
  })

  test('it is found by its name, and its parts are known to be up', async () => {
    expect((await findStack(name, environment))?.addresses).toEqual(stack.addresses)
    expect(await stackStatus(name, environment)).toMatchObject({ isUp: true, ownerPid: process.pid })
    expect(pidsSeen).toHaveLength(partNames.length)
  })

  test('it is not started twice, and not stopped under its owner', async () => {
    const second = await startStack(options)
    expect(second.addresses).toEqual(stack.addresses)
    expect(await pidsOf()).toEqual(pidsSeen)
  })

  test('stopped and started again, it has the same addresses, data and schema ids', async () => {
    const id = await register(stack.addresses, 'kept-value')
    await stack.stop()
    expect(areGone(pidsSeen)).toBe(true)
    expect(await findStack(name, environment)).toBeUndefined()

    stack = await startStack(options)
    pidsSeen.push(...await pidsOf())
    expect(stack.addresses).toEqual(firstAddresses)
    expect(await withAdmin(stack.addresses.kafkaBrokers, admin => admin.listTopics())).toContain('kept')
    expect(await query(stack.addresses.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }])
    expect(await redis(stack.addresses.redisUrl, client => client.get('kept'))).toBe('yes')
    expect(await register(stack.addresses, 'kept-value')).toBe(id)
  })

  test('a part that is killed starts again with its data; a Redis that is lost comes back empty', async () => {
    await stack.kill('postgres')
    expect(await stack.isUp('postgres')).toBe(false)
    await stack.startPart('postgres')
    expect(await query(stack.addresses.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }])
    await stack.restart('redis')
    expect(await redis(stack.addresses.redisUrl, client => client.dbsize())).toBe(0)
    await stack.restart('kafka')
    expect(await withAdmin(stack.addresses.kafkaBrokers, admin => admin.listTopics())).toContain('kept')
    pidsSeen.push(...await pidsOf())
  })

  test('down stops it from outside, once nobody else owns it, and no process is left', async () => {
    const down = stopNamed({ name, progress: silentProgress, isForced: true, environment })
    expect(await down).toBe(true)
    expect(areGone(pidsSeen)).toBe(true)
    expect(await stopNamed({ name, progress: silentProgress, isForced: true, environment })).toBe(false)
  })
})

describe('servers that were there before', () => {
  test('are used, get a database of the mesh\'s own, and are never restarted', async () => {
    const theirs = { ...process.env, MESH_STACK: 'host' }
    const stack = await startStack({ name: `test-${process.pid}-guest`, progress: silentProgress, keepData: false, environment: theirs })
    try {
      expect(stack.addresses.redisUrl).toContain(new URL(process.env.REDIS_URL ?? '').host)
      expect(new URL(stack.addresses.databaseUrl).pathname).toBe(`/mesh_test_${process.pid}_guest`)
      expect(await query(stack.addresses.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }])
      await expect(stack.restart('postgres')).rejects.toMatchObject({ code: 'NOT_OURS' })
      await expect(stack.kill('redis')).rejects.toMatchObject({ code: 'NOT_OURS' })
    } finally {
      await stack.stop()
    }
    expect(existsSync(stack.folder)).toBe(false)
    const databases = await query<{ datname: string }>(process.env.DATABASE_URL ?? '', 'select datname from pg_database')
    expect(databases.map(row => row.datname)).not.toContain(`mesh_test_${process.pid}_guest`)
  })

  test('that do not answer are said, with their setting', async () => {
    const wrong = { ...environment, DATABASE_URL: 'postgres://mesh@127.0.0.1:1/mesh' }
    const start = startStack({ name: `test-${process.pid}-wrong`, progress: silentProgress, keepData: false, environment: wrong })
    await expect(start).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE', message: expect.stringContaining('unset DATABASE_URL') })
    forget(`test-${process.pid}-wrong`)
  })
})

test('without a Java the start fails with what to do, said once, and leaves nothing running', async () => {
  const lacking = `test-${process.pid}-lacking`
  const start = startStack({ name: lacking, progress: silentProgress, keepData: false, environment: { ...environment, JAVA_HOME: '/nowhere' } })
  const error = await start.then(() => undefined, (reason: unknown) => reason as Error)
  expect(error).toMatchObject({ code: 'JAVA_MISSING' })
  expect(error?.message.match(/No Java found/g)).toHaveLength(1)
  expect((await stackStatus(lacking, environment)).parts.filter(part => part.isUp)).toEqual([])
  forget(lacking)
})

test('a broker of a test\'s own can be killed and restarted without touching the shared one', async () => {
  const broker = await startPrivateBroker()
  try {
    await withAdmin(broker.brokers, admin => admin.createTopics({ waitForLeaders: false, topics: [{ topic: 'private', numPartitions: 1 }] }))
    await broker.kill()
    await broker.start()
    await broker.restart()
    expect(await withAdmin(broker.brokers, admin => admin.listTopics())).toEqual(['private'])
    expect(broker.brokers[0]).not.toBe(process.env.MESH_KAFKA_BROKERS)
  } finally {
    await broker.stop()
  }
})
