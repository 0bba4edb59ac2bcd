import { expect, test } from '@jest/globals'
import { keepingAlive } from './keeping-alive.ts'

const sessionMs = 10

/** Work that ends only when it is called off. */
const endless = (signal: AbortSignal) => new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('heartbeats go on while the work runs', async () => {
  let beats = 0
  const { promise, resolve } = Promise.withResolvers<string>()
  const heartbeat = async () => { if (++beats === 3) resolve('done') }
  await expect(keepingAlive(heartbeat, sessionMs, new AbortController().signal, () => promise)).resolves.toBe('done')
})

test('a heartbeat that fails calls the work off, and the consumer sees why', async () => {
  const rebalance = new Error('the group is rebalancing')
  await expect(keepingAlive(async () => { throw rebalance }, sessionMs, new AbortController().signal, endless)).rejects.toBe(rebalance)
})

test('work that is called off from outside is no error', async () => {
  const stop = new AbortController()
  const working = keepingAlive(async () => undefined, sessionMs, stop.signal, endless)
  stop.abort(new Error('stopping'))
  await expect(working).resolves.toBe('called-off')
})

test('an error of the work itself is thrown', () =>
  expect(keepingAlive(async () => undefined, sessionMs, new AbortController().signal, async () => { throw new Error('bug') })).rejects.toThrow('bug'))
