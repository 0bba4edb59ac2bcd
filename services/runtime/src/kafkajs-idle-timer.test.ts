import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createRequire } from 'node:module'
import { checkVersion, patchIdleTimer } from './kafkajs-idle-timer.ts'

const require = createRequire(import.meta.url)

interface Queue {
  readonly inflight: Map<number, unknown>
  readonly pending: readonly unknown[]
  push (request: object): void
  fulfillRequest (response: object): void
  maybeThrottle (throttleMs: number): void
  checkPendingRequests (): void
  scheduleRequestTimeoutCheck (): void
  destroy (): void
}

const logger = { debug () {}, warn () {}, error () {}, info () {} }
const sent: number[] = []
let queue: Queue

const newQueue = (): Queue => {
  const RequestQueue = require('kafkajs/src/network/requestQueue') as new (options: object) => Queue
  return new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 50, enforceRequestTimeout: true, clientId: 'c', broker: 'b', logger })
}
const request = (correlationId: number): Promise<unknown> => new Promise((resolve, reject) => queue.push({
  entry: { correlationId, apiKey: 0, apiName: 'Produce', apiVersion: 1, resolve, reject }, expectResponse: true, sendRequest: () => { sent.push(correlationId) }
}))

beforeAll(() => patchIdleTimer())
beforeEach(() => {
  jest.useFakeTimers()
  sent.length = 0
  queue = newQueue()
})
afterEach(() => {
  queue.destroy()
  jest.useRealTimers()
})

describe('the request queue of kafkajs', () => {
  test('arms no timer while nothing is pending', async () => {
    const answer = request(1)
    queue.fulfillRequest({ correlationId: 1, payload: {}, size: 0 })
    await answer
    queue.checkPendingRequests()
    expect(jest.getTimerCount()).toBe(0)
  })

  test('never asks Node for a negative time', () => {
    const armed = jest.spyOn(globalThis, 'setTimeout')
    void request(1)
    queue.checkPendingRequests()
    void request(2)
    expect(armed.mock.calls.map(([, ms]) => ms)).toEqual([10])
  })

  test('sends what waits when the one before is answered', () => {
    void request(1)
    void request(2)
    expect(sent).toEqual([1])
    queue.fulfillRequest({ correlationId: 1, payload: {}, size: 0 })
    expect(sent).toEqual([1, 2])
  })

  test('sends what waits when a throttling ends', () => {
    queue.maybeThrottle(200)
    void request(1)
    expect(sent).toEqual([])
    jest.advanceTimersByTime(250)
    expect(sent).toEqual([1])
  })

  test('still times a request out, and then sends the next', async () => {
    queue.scheduleRequestTimeoutCheck()
    const first = request(1)
    void request(2).catch(() => {})
    const refused = expect(first).rejects.toMatchObject({ name: 'KafkaJSRequestTimeoutError' })
    jest.advanceTimersByTime(200)
    await refused
    expect(sent).toEqual([1, 2])
  })
})

describe('the patch', () => {
  test('is made once, however often it is asked for', () => {
    const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: { scheduleCheckPendingRequests: unknown } }
    const patched = prototype.scheduleCheckPendingRequests
    patchIdleTimer()
    expect(prototype.scheduleCheckPendingRequests).toBe(patched)
  })

  test.each(['2.2.3', '2.3.0', '3.0.0'])('refuses kafkajs %s, which it was not checked with', version => {
    expect(() => checkVersion(version)).toThrow(expect.objectContaining({ code: 'CLIENT_VERSION', message: expect.stringContaining(version) }))
  })
})
