import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { choosePorts, freePort, isPortFree, portNames } from './ports.ts'
import type { PortFacts } from './ports.ts'
import { preferredPorts, randomPortMin } from './versions.ts'

const facts = (some: Partial<PortFacts> = {}): PortFacts => {
  let next = 0
  return { settings: {}, remembered: undefined, preferred: undefined, isFree: () => Promise.resolve(true), random: () => next++ / 10_000, ...some }
}

test('the preferred ports are taken while they are free', async () => {
  expect(await choosePorts(facts({ preferred: preferredPorts }))).toEqual(preferredPorts)
})

test('P2: a remembered port wins over the preferred one', async () => {
  const ports = await choosePorts(facts({ preferred: preferredPorts, remembered: { kafka: 21_000 } }))
  expect(ports).toEqual({ ...preferredPorts, kafka: 21_000 })
})

test('a busy port is replaced by a free one', async () => {
  const ports = await choosePorts(facts({ preferred: preferredPorts, isFree: port => Promise.resolve(port !== preferredPorts.redis) }))
  expect(ports.redis).not.toBe(preferredPorts.redis)
  expect(ports.redis).toBeGreaterThanOrEqual(randomPortMin)
})

test('P1: a busy port that the user set is refused, with its setting', async () => {
  const choose = choosePorts(facts({ settings: { MESH_KAFKA_PORT: '9092' }, isFree: port => Promise.resolve(port !== 9092) }))
  await expect(choose).rejects.toMatchObject({ code: 'PORT_BUSY', message: expect.stringMatching(/9092.*MESH_KAFKA_PORT/) })
})

test('P1: a port that the user set is not given to another part before', async () => {
  const ports = await choosePorts(facts({ settings: { MESH_REDIS_PORT: '29092' }, preferred: preferredPorts }))
  expect(ports.redis).toBe(29092)
  expect(ports.kafka).not.toBe(29092)
})

test.each(['0', '65536', 'x', '1.5'])('MESH_KAFKA_PORT=%s is no port', async value => {
  await expect(choosePorts(facts({ settings: { MESH_KAFKA_PORT: value } }))).rejects.toMatchObject({ code: 'BAD_SETTING' })
})

test('P3: no two parts get the same port', async () => {
  // A random source that repeats itself.
  let calls = 0
  const ports = await choosePorts(facts({ random: () => Math.floor(calls++ / 3) / 10_000 }))
  expect(new Set(Object.values(ports)).size).toBe(portNames.length)
})

test('a machine without a free port is said, after a bounded number of tries', async () => {
  await expect(choosePorts(facts({ isFree: () => Promise.resolve(false) }))).rejects.toMatchObject({ code: 'PORT_BUSY' })
})

test('a port is free until somebody listens on it', async () => {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  expect(await isPortFree(port)).toBe(false)
  await new Promise(resolve => { server.close(resolve) })
  expect(await isPortFree(port)).toBe(true)
})

test('a free port is given once, though nobody listens on it yet', async () => {
  const given: number[] = []
  // Of 8,000: two hundred drawn blindly would meet twice in nine runs of ten.
  for (let n = 0; n < 200; n++) given.push(await freePort())
  expect(new Set(given).size).toBe(200)
})
