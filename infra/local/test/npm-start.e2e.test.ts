// What a new user does first: `npm start`, and what it prints is true.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Kafka, logLevel } from 'kafkajs'
import { findStack } from '../src/index.ts'
import { StartGround } from './start-ground.ts'

let ground: StartGround
beforeEach(() => { ground = new StartGround() })
afterEach(() => ground.close(), 60_000)

/** `mesh.dispatch.p0/3/17`: where the trace says a hop lies. */
const place = /(mesh\.dispatch\.p[0-3])\/(\d+)\/(\d+)/g

test('--once exits 0, and each of its hops lies where the trace says', async () => {
  // Put up apart, so that it is still there to be read after the start has ended.
  expect(await ground.run('up')).toMatchObject({ code: 0 })
  const { code, output } = await ground.run('start', '--once')
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' })
  expect(output).toMatch(/stack: (host|docker) \(/)
  const places = [...output.matchAll(place)].map(([, topic = '', partition, offset]) => ({ topic, partition: Number(partition), offset: Number(offset) }))
  expect(places.length).toBeGreaterThanOrEqual(6)
  const { addresses } = (await findStack('dev', ground.environment))!
  expect(await missingPlaces(addresses.kafkaBrokers, places)).toEqual([])
}, 180_000)

test('a bad line of an input file is named, and nothing is started', async () => {
  const { code, output } = await ground.run('start', '--once', '--input', 'no-such-file.jsonl')
  expect(code).toBe(1)
  expect(output).toMatch(/There is no file no-such-file\.jsonl/)
  expect(output).not.toMatch(/stack:/)
}, 60_000)

test('it stays up until Ctrl-C, refuses a second start, and then drains and leaves no stack behind', async () => {
  const first = ground.start('start')
  await first.said('The mesh is up')
  const second = await ground.run('start', '--once')
  expect(second.code).toBe(1)
  expect(second.output).toMatch(/The mesh is running already, by process \d+/)
  first.child.kill('SIGINT')
  expect(await first.ended).toMatchObject({ code: 0 })
  expect(await findStack('dev', ground.environment)).toBeUndefined()
}, 180_000)

interface Place { readonly topic: string, readonly partition: number, readonly offset: number }

/** Reads the topics from their beginning with a plain client; answers which places hold no record. */
async function missingPlaces (brokers: string[], places: readonly Place[]): Promise<Place[]> {
  const consumer = new Kafka({ clientId: 'plain', brokers, logLevel: logLevel.NOTHING }).consumer({ groupId: 'plain-reader' })
  const idOf = ({ topic, partition, offset }: Place) => `${topic}/${partition}@${offset}`
  const missing = new Map(places.map(where => [idOf(where), where]))
  await consumer.connect()
  await consumer.subscribe({ topics: [...new Set(places.map(({ topic }) => topic))], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message }) => { missing.delete(idOf({ topic, partition, offset: Number(message.offset) })) }
  })
  for (let waits = 0; waits < 200 && missing.size > 0; waits++) await new Promise(resolve => setTimeout(resolve, 50))
  await consumer.disconnect()
  return [...missing.values()]
}
