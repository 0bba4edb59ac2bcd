import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { Consumer, TopicPartitionOffset } from 'kafkajs'
import { pino } from 'pino'
import { InboxOffsets, type Owned } from './inbox-offsets.ts'

const topics = ['p0', 'p1', 'p2', 'p3']
let committed: TopicPartitionOffset[][]
let failures: number
let offsets: InboxOffsets

beforeEach(() => {
  jest.useFakeTimers()
  committed = []
  failures = 0
  const consumer: Pick<Consumer, 'commitOffsets' | 'seek'> = {
    seek () {},
    async commitOffsets (all) {
      if (failures-- > 0) throw new Error('not now')
      committed.push([...all])
    }
  }
  offsets = new InboxOffsets(consumer as Consumer, pino({ level: 'silent' }))
  offsets.assign(Object.fromEntries(topics.map(topic => [topic, [0]])), topics, true)
})
afterEach(() => {
  offsets.close()
  jest.useRealTimers()
})

const handled = (topic: string, offset: number): void => {
  const owned = offsets.at(topic, 0) as Owned
  offsets.begin(owned, 0, 100).take(offset)
  offsets.done(owned, offset)
}
const at = (topic: string, offset: string): TopicPartitionOffset => ({ topic, partition: 0, offset })

test('what is done of P0 is committed well within its objective, the rest in its own time', async () => {
  handled('p0', 0)
  await jest.advanceTimersByTimeAsync(60)
  expect(committed).toEqual([[at('p0', '1')]])
  handled('p3', 0)
  await jest.advanceTimersByTimeAsync(60)
  expect(committed).toHaveLength(1)
  await jest.advanceTimersByTimeAsync(200)
  expect(committed[1]).toEqual([at('p3', '1')])
})

test('P0 doesn\'t wait for a commit that was to come later, and takes with it what is done by then', async () => {
  handled('p3', 0)
  await jest.advanceTimersByTimeAsync(100)
  handled('p0', 0)
  await jest.advanceTimersByTimeAsync(60)
  expect(committed).toEqual([[at('p0', '1'), at('p3', '1')]])
  await jest.advanceTimersByTimeAsync(500)
  expect(committed).toHaveLength(1)
})

test('a commit that failed is made again', async () => {
  failures = 1
  handled('p0', 0)
  await jest.advanceTimersByTimeAsync(60)
  expect(committed).toEqual([])
  await jest.advanceTimersByTimeAsync(60)
  expect(committed).toEqual([[at('p0', '1')]])
})

test('a partition that comes back goes on where this process has committed it, though the broker forgot; not beyond its end', async () => {
  handled('p1', 7)
  await offsets.commit()
  const again = (highOffset: number): Owned => {
    offsets.assign({}, topics, true)
    offsets.assign({ p1: [0] }, topics, true)
    const owned = offsets.at('p1', 0) as Owned
    offsets.begin(owned, 0, highOffset)
    return owned
  }
  expect(again(9).inFlight!.nextOffset).toBe(8)
  expect(again(9).committed).toBe(8)
  // The topic was made anew.
  expect(again(5).inFlight!.nextOffset).toBe(0)
})

test('a partition that others have moved on goes on where they are', async () => {
  handled('p1', 7)
  await offsets.commit()
  offsets.assign({}, topics, true)
  offsets.assign({ p1: [0] }, topics, true)
  expect(offsets.begin(offsets.at('p1', 0) as Owned, 20, 30).nextOffset).toBe(20)
})

test('while a rebalance goes on only what is asked for is committed, the rest when it is over', async () => {
  const held = offsets.hold()
  handled('p0', 0)
  await jest.advanceTimersByTimeAsync(500)
  await held
  expect(committed).toEqual([])
  offsets.release()
  await jest.advanceTimersByTimeAsync(60)
  expect(committed).toEqual([[at('p0', '1')]])
})

test('a rejoin waits for the commit that is under way', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let isHeld = false
  offsets.close()
  offsets = new InboxOffsets({ seek () {}, commitOffsets: () => promise } as unknown as Consumer, pino({ level: 'silent' }))
  offsets.assign({ p0: [0] }, ['p0'], true)
  handled('p0', 0)
  await jest.advanceTimersByTimeAsync(60)
  const held = offsets.hold().then(() => { isHeld = true })
  await jest.advanceTimersByTimeAsync(1_000)
  expect(isHeld).toBe(false)
  resolve()
  await held
  expect(isHeld).toBe(true)
})
