import { afterEach, expect, test } from '@jest/globals'
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { patchConnect } from './kafkajs-one-connect.ts'

interface Connection { connect (): Promise<unknown>, disconnect (): Promise<unknown> }

patchConnect()
const require = createRequire(import.meta.url)
const Connection = require('kafkajs/src/network/connection') as new (options: object) => Connection
const socketFactory = (require('kafkajs/src/network/socketFactory') as () => unknown)()
const silent = { namespace: () => silent, debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

const sockets: Socket[] = []
const servers: Server[] = []
afterEach(async () => {
  sockets.splice(0).forEach(socket => socket.destroy())
  await Promise.all(servers.splice(0).map(server => new Promise(resolve => server.close(resolve))))
})

async function connection (): Promise<Connection> {
  const server = createServer(socket => sockets.push(socket))
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return new Connection({ host: '127.0.0.1', port, logger: silent, socketFactory, clientId: 'test', connectionTimeout: 2_000, requestTimeout: 2_000 })
}

test('two that need a connection at once open one', async () => {
  const one = await connection()
  await Promise.all([one.connect(), one.connect(), one.connect()])
  const another = await connection()
  await another.connect()
  await one.disconnect()
  await another.disconnect()
  expect(sockets).toHaveLength(2)
})

test('a connection can be opened again after it was closed, also while it was opening', async () => {
  const one = await connection()
  void one.connect().catch(() => undefined)
  await one.disconnect()
  await one.connect()
  await one.disconnect()
  await one.connect()
  await one.disconnect()
})
