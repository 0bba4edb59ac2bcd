// Somebody who can write to an agent's own topics, behind the coordinators: nothing that its source did not sign is handled, or
// taken for an answer; and what agents sign with changes while they run.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createSigningKey, keyPath, loadKey, replaceKey, shownKey, signBatch } from '@mesh/signing'
import type { PartitionReader } from '@mesh/runtime'
import { connectCodec, type Codec, type Delivery, type Dispatch } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import type { Producer } from 'kafkajs'
import { z } from 'zod'
import { type Agent, defineAgent, type MeshError, startAgents } from '../src/index.ts'
import { until } from './agent-features.ts'
import { type MeshGround, readTopic, startMeshGround } from './mesh-ground.ts'

const facts = { version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test' } as const
const handled: string[] = []
const inbox: Read[] = []
const answers: Read[] = []
let onInbox: (asked: Dispatch) => void = () => undefined
const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
let mesh: MeshGround
let codec: Codec
let producer: Producer
const readers: PartitionReader[] = []
const target = defineAgent({ ...facts, name: 'target', inboxPartitions: 1, capabilities: { note: { input: z.object({ text: z.string() }) }, slow: { input: z.object({}) } } })
  .handle('note', ({ text }) => { handled.push(text) })
  .handle('slow', () => held.then(() => 'genuine')) as unknown as Agent
const asker = defineAgent({ ...facts, name: 'asker', dependencies: ['note', 'slow'], answersPartitions: 1 })

beforeAll(async () => {
  mesh = await startMeshGround()
  codec = await connectCodec({ schemaRegistryUrl: mesh.options.schemaRegistryUrl! })
  producer = mesh.kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await Promise.all([startAgents([target, asker as Agent], mesh.options), producer.connect()])
  readers.push(
    await readTopic(mesh, names().inbox('target', 2), 'earliest', value => {
      inbox.push(opened(value))
      onInbox(inbox.at(-1)!.dispatch)
    }),
    await readTopic(mesh, names().answers('asker'), 'earliest', value => { if (codec.nameOf(value) === 'Delivery') answers.push(opened(value)) })
  )
}, 60_000)
afterAll(async () => {
  await Promise.all([target.stop(), asker.stop(), producer.disconnect(), ...readers.map(reader => reader.close())])
  await mesh.stop()
}, 30_000)

const names = () => topicNames(mesh.namespace)
const put = (topic: string, key: string, value: Buffer) => producer.send({ topic, messages: [{ key, value, partition: 0 }] })
const payloadOf = (said: string): Buffer => Buffer.from(JSON.stringify({ text: said }))

interface Read { readonly delivery: Delivery, readonly dispatch: Dispatch }

function opened (value: Buffer): Read {
  const delivery = codec.decode('Delivery', Buffer.from(value))
  return { delivery, dispatch: codec.decode('Dispatch', delivery.dispatch.body) }
}

test('an altered delivery, a foreign one and an unsigned one are not handled; what comes after them is', async () => {
  await asker.call('note', { text: 'genuine' })
  await until(() => inbox.length === 1)
  const { delivery, dispatch } = inbox[0]!
  const bodyOf = (said: string): Buffer => codec.encode('Dispatch', { ...dispatch, dispatchId: said, payload: payloadOf(said) })
  const write = (body: Buffer, signature: Partial<Delivery['dispatch']>) =>
    put(names().inbox('target', 2), dispatch.workflowId, codec.encode('Delivery', { ...delivery, dispatch: { ...delivery.dispatch, ...signature, body } }))
  await write(bodyOf('altered'), {})
  await write(bodyOf('foreign'), signBatch(createSigningKey().key, [bodyOf('foreign')])[0]!)
  await write(bodyOf('unsigned'), { keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) })
  await until(() => target.health().counts.forged === 3, 20_000)
  await asker.call('note', { text: 'after' })
  expect(handled).toEqual(['genuine', 'after'])
})

test('an answer that the one asked did not sign is passed over, and the call goes on waiting', async () => {
  await until(() => answers.length >= 2)
  const { delivery, dispatch } = answers.at(-1)!
  const forgedBefore = (asker as Agent).health().counts.forged
  // As if the forger saw each request as it comes in, and were quicker than its handler.
  onInbox = asked => {
    const body = codec.encode('Dispatch', { ...dispatch, dispatchId: 'forged', inReplyTo: asked.dispatchId, payload: Buffer.from('"forged"') })
    void put(names().answers('asker'), asked.dispatchId, codec.encode('Delivery', { dispatch: { ...delivery.dispatch, body }, decision: { ...delivery.decision, answers: asked.dispatchId } }))
  }
  const calling = asker.call('slow', {}, { ttlMs: 20_000 })
  await until(() => (asker as Agent).health().counts.forged > forgedBefore, 15_000)
  onInbox = () => undefined
  letGo()
  expect(await calling).toBe('genuine')
})

test('a key that an operator rotates is taken by the running agent, and the one before is used until then', async () => {
  const path = keyPath(mesh.options.keysFolder!, 'asker')
  const before = await loadKey(path)
  const { key, pem } = createSigningKey()
  const answer = await fetch(`${mesh.options.registryUrl}/agents/asker/keys`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key: shownKey(key, 'asker'), who: 'test' })
  })
  expect(answer.status).toBe(200)
  await replaceKey(path, pem)
  const read = inbox.length
  const used = () => [...new Set(inbox.slice(read).map(({ delivery }) => delivery.dispatch.keyId))]
  for (const overAtMs = performance.now() + 30_000; !used().includes(key.keyId) && performance.now() < overAtMs;) await asker.call('note', { text: 'rotating' })
  expect(used()).toEqual([before!.keyId, key.keyId])
})

test('a key that is revoked is refused, and its agent is told why', async () => {
  const { keyId } = (await loadKey(keyPath(mesh.options.keysFolder!, 'asker')))!
  const answer = await fetch(`${mesh.options.registryUrl}/agents/asker/keys/${keyId}/revocation`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"who":"test"}' })
  expect(answer.status).toBe(200)
  const revokedMs = performance.now()
  let code: string | undefined
  while (code === undefined) code = await asker.call('note', { text: 'revoked' }).then(() => undefined, (error: MeshError) => error.code)
  expect(code).toBe('KEY_REVOKED')
  expect(performance.now() - revokedMs).toBeLessThan(2_000)
})
