import { expect, test } from '@jest/globals'
import { createSerialQueue } from './serial-queue.ts'

test('work runs one after another, in order, also after a failure', async () => {
  const queue = createSerialQueue({ waitingMax: 10 })
  const log: string[] = []
  const work = (name: string, error?: Error) => async () => {
    log.push(`${name} begins`)
    await Promise.resolve()
    log.push(`${name} ends`)
    if (error !== undefined) throw error
    return name
  }
  const results = await Promise.allSettled([queue.run(work('a')), queue.run(work('b', new Error('no'))), queue.run(work('c'))])
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  expect(results.map(result => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('beyond its bound work is refused at once', async () => {
  const queue = createSerialQueue({ waitingMax: 1 })
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = queue.run(() => promise)
  await expect(queue.run(async () => 'never')).rejects.toMatchObject({ code: 'BUSY', retriable: true })
  resolve()
  await first
  await expect(queue.run(async () => 'now')).resolves.toBe('now')
})
