import { expect, test } from '@jest/globals'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { brokersProblem } from './broker-probe.ts'

test('one that listens is enough', async () => {
  const server = createServer(socket => socket.destroy())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  expect(await brokersProblem(['127.0.0.1:9', `127.0.0.1:${port}`])).toBeUndefined()
  await new Promise(resolve => server.close(resolve))
})

test('none: each with its problem', async () =>
  expect(await brokersProblem(['127.0.0.1:9', 'nowhere', 'host:x'])).toBe('127.0.0.1:9: ECONNREFUSED, nowhere: not an address of the form host:port, host:x: not an address of the form host:port'))
