import { expect, test } from '@jest/globals'
import { createLogger } from '@mesh/runtime'
import { createPersistence } from './persistence.ts'

const logger = createLogger({ name: 'archiver', level: 'silent' })

test('what fails is tried again until it works, and is a problem until then', async () => {
  const { persist, problems } = createPersistence(logger)
  const seen: (string | undefined)[] = []
  let left = 2
  await expect(persist('partition 1', async () => {
    seen.push(problems.get('partition 1'))
    if (left-- > 0) throw new Error('away')
    return 'here'
  }, new AbortController().signal)).resolves.toBe('here')
  expect(seen).toEqual([undefined, 'away', 'away'])
  expect(problems.size).toBe(0)
})

test('an error without a message is told by its code', async () => {
  const { persist, problems } = createPersistence(logger)
  const stop = new AbortController()
  const trying = persist('database', async () => { throw Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }) }, stop.signal)
  const ended = expect(trying).rejects.toThrow('aborted')
  while (problems.size === 0) await Promise.resolve()
  expect(problems.get('database')).toBe('ECONNREFUSED')
  stop.abort(new Error('stopping'))
  await ended
  expect(problems.size).toBe(0)
})

test('an attempt that began is waited for when the work is called off', async () => {
  const { persist } = createPersistence(logger)
  const stop = new AbortController()
  const { promise, resolve } = Promise.withResolvers<string>()
  const trying = persist('partition 1', () => promise, stop.signal)
  stop.abort(new Error('stopping'))
  resolve('done')
  await expect(trying).resolves.toBe('done')
})
