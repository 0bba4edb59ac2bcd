import { expect, test } from '@jest/globals'
import { KafkaJSConnectionError, KafkaJSNonRetriableError } from 'kafkajs'
import { startPersistently } from './persistent-start.ts'

const away = () => new KafkaJSConnectionError('connect ECONNREFUSED', { broker: 'here:9092' })
const kafkaBrokers = ['here:9092']

test('a broker that breaks off is waited for, and the start is made again', async () => {
  let starts = 0
  await startPersistently(async () => { if (++starts < 3) throw away() }, { kafkaBrokers, waitMs: 30_000 })
  expect(starts).toBe(3)
})

test('a start that is made again waits itself for no longer than what is left', async () => {
  const told: number[] = []
  await startPersistently(async leftMs => {
    told.push(leftMs)
    if (told.length < 2) throw away()
  }, { kafkaBrokers, waitMs: 30_000 })
  expect(told[0]).toBeLessThanOrEqual(30_000)
  expect(told[1]).toBeLessThan(told[0]! - 400)
})

test('one that stays away ends the start with what to do', async () => {
  await expect(startPersistently(() => Promise.reject(away()), { kafkaBrokers, waitMs: 10 })).rejects.toMatchObject({
    code: 'BROKER_UNREACHABLE', message: expect.stringMatching(/here:9092 went away .* ECONNREFUSED.*npm start/)
  })
})

test.each([['another error', new Error('no contract')], ['a refusal', new KafkaJSNonRetriableError('not authorised')]])('%s is not waited for', async (_what, error) => {
  let starts = 0
  await expect(startPersistently(() => {
    starts++
    return Promise.reject(error)
  }, { kafkaBrokers, waitMs: 30_000 })).rejects.toBe(error)
  expect(starts).toBe(1)
})
