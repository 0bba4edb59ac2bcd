// Five hundred real conversations through the whole mesh: every turn is answered, and every dispatch has its audit row,
// counted by offset with a plain client against the archive.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { findStack, type StackAddresses } from '../src/index.ts'
import { StartGround } from './start-ground.ts'

const folder = process.env.MESH_DATA_DIR
const file = folder === undefined ? undefined : join(folder, 'homes-dialogues.jsonl')
const isThere = file !== undefined && existsSync(file)
const why = isThere ? '' : ' (skipped: MESH_DATA_DIR names no folder with homes-dialogues.jsonl)'
const whenThere = isThere ? test : test.skip

let ground: StartGround
let addresses: StackAddresses
let output: string

beforeAll(async () => {
  if (!isThere) return
  ground = new StartGround()
  await ground.run('up')
  addresses = (await findStack('dev', ground.environment))!.addresses
  const ended = await ground.run('start', '--once', '--input', file, '--concurrency', '16')
  output = ended.output
}, 1_200_000)
afterAll(() => isThere ? ground.close() : undefined, 60_000)

whenThere(`every user turn gets an answer${why}`, () => {
  const [, answered, turns] = /(\d+) of (\d+) turns answered/.exec(output) ?? []
  console.log(output.trimEnd().split('\n').at(-1))
  expect(Number(turns)).toBeGreaterThan(3_000)
  expect(answered).toBe(turns)
})

whenThere(`at least 99.9 % of requests end in success${why}`, async () => {
  const [row] = await query(`select count(*) filter (where outcome = 'success') as successes, count(*) as requests
    from mesh_audit.events where type = 'request' and outcome is not null`)
  const share = Number(row!.successes) / Number(row!.requests)
  console.log(`${row!.successes} of ${row!.requests} requests ended in success`)
  expect(share).toBeGreaterThanOrEqual(0.999)
})

whenThere(`every dispatch has its audit row, none missing, none twice${why}`, async () => {
  const written = await dispatchPositions(addresses.kafkaBrokers)
  const rows = await query('select ingress_topic, ingress_partition, ingress_offset, event_id from mesh_audit.events')
  const archived = new Map<string, number>()
  for (const { ingress_topic: topic, ingress_partition: partition, ingress_offset: offset, event_id: id } of rows) {
    const position = `${topic}/${partition}/${offset}`
    // The event by which a record was admitted or refused carries its position as id; outcomes have ids of their own.
    if (id === position) archived.set(position, (archived.get(position) ?? 0) + 1)
  }
  console.log(`${written.length} dispatches, ${archived.size} audit rows`)
  expect(written.filter(position => !archived.has(position))).toEqual([])
  expect([...archived].filter(([, times]) => times > 1)).toEqual([])
  expect(archived.size).toBe(written.length)
}, 300_000)

async function query (text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: addresses.databaseUrl })
  await client.connect()
  try {
    return (await client.query(text)).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}

/** Positions of all records on the dispatch topics, by a read-committed reader that knows nothing of the mesh. */
async function dispatchPositions (brokers: string[]): Promise<string[]> {
  const kafka = new Kafka({ clientId: 'plain', brokers, logLevel: logLevel.NOTHING })
  const topics = [0, 1, 2, 3].map(priority => `mesh.dispatch.p${priority}`)
  const admin = kafka.admin()
  await admin.connect()
  const left = new Set<string>()
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (Number(high) > Number(low)) left.add(`${topic}/${partition}/${Number(high) - 1}`)
    }
  }
  await admin.disconnect()
  const positions: string[] = []
  const consumer = kafka.consumer({ groupId: 'plain-counter' })
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { topic, partition, messages } }) => {
      for (const { offset } of messages) {
        positions.push(`${topic}/${partition}/${offset}`)
        left.delete(`${topic}/${partition}/${offset}`)
      }
    }
  })
  while (left.size > 0) await new Promise(resolve => setTimeout(resolve, 50))
  await consumer.disconnect()
  return positions
}
