import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ask, capability, registration, RegistryStand } from './registry-stand.ts'

let stand: RegistryStand
beforeAll(async () => { stand = await RegistryStand.open() })
afterAll(() => stand.close())

test('what was registered is there after a restart, and garbage in the topic does not hide it', async () => {
  const first = await stand.start()
  await ask(first.port, '/agents', registration())
  await ask(first.port, '/agents', registration({ version: '1.1.0' }))
  await ask(first.port, '/agents', registration({ name: 'memory', capabilities: [capability('memory_lookup')], dependencies: [] }))
  const before = (await ask(first.port, '/agents')).body
  await stand.drain(first)

  const producer = stand.kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  await producer.send({ topic: stand.names.registry, messages: [{ key: 'junk@1.0.0', value: 'junk', partition: 0 }, { key: 'intent-decoder@1.1.0', value: null, partition: 0 }] })
  await producer.disconnect()

  const second = await stand.start()
  const after = (await ask(second.port, '/agents')).body
  expect(after.agents.map((agent: { name: string, version: string }) => [agent.name, agent.version])).toEqual([['intent-decoder', '1.0.0'], ['memory', '1.0.0']])
  expect(after.agents[1]).toEqual(before.agents[1])
  expect(await ask(second.port, '/agents', registration({ ownerTeam: 'crm' }))).toMatchObject({ status: 409, body: { code: 'OWNER_CHANGED' } })
  // A record at the topic's end that is no registration does not stop the next one.
  expect(await ask(second.port, '/agents', registration({ version: '1.2.0' }))).toMatchObject({ status: 201, body: { warnings: [] } })
  await stand.drain(second)
})

test('two registries see what the other wrote, and a contradiction written at once shows', async () => {
  const [one, two] = await Promise.all([stand.start(), stand.start()])
  const claims = [one, two].map(({ port }, index) =>
    ask(port, '/agents', registration({ name: `rival-${index}`, capabilities: [capability('contested', `contract ${index}`)], dependencies: [] })))
  const answers = await Promise.all(claims)
  const refused = answers.filter(({ status }) => status === 409)
  const warned = answers.filter(({ body }) => body.warnings?.some((warning: string) => warning.includes('different contract for contested')))
  // One after the other: refused. At the very same time: both are in, and whoever wrote last is told.
  expect(refused.length + warned.length).toBeGreaterThanOrEqual(1)

  await ask(one.port, '/agents', registration({ name: 'late', capabilities: [capability('late_capability')], dependencies: [] }))
  expect(await ask(two.port, '/agents', registration({ name: 'later', capabilities: [capability('late_capability', 'other')], dependencies: [] })))
    .toMatchObject({ status: 409, body: { code: 'CONTRACT_CONFLICT' } })
})

test('the process says where it listens, and drains when it is told to end', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../src/main.ts', import.meta.url))], {
    env: { ...process.env, MESH_NAMESPACE: stand.namespace, MESH_REGISTRY_PORT: '0', MESH_HEALTH_PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit']
  })
  try {
    let port = 0
    for await (const line of createInterface(child.stdout)) {
      const entry = JSON.parse(line) as { msg: string, port: number }
      if (entry.msg !== 'registry listens') continue
      port = entry.port
      break
    }
    expect(await ask(port, '/agents/memory')).toMatchObject({ status: 200, body: { name: 'memory' } })
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
  } finally {
    child.kill('SIGKILL')
  }
})
