// What the governor makes of an audit that is as coordinators write it, with checks of a second.
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { signatureHeader, signatureOf, timestampHeader } from '../src/webhook.ts'
import { CircuitStand, failure, oneInFive, startReceiver, success, timeout, times } from './circuit-stand.ts'
import { kill, readiness, until } from './governor-stand.ts'

jest.setTimeout(180_000)

let mesh: CircuitStand
beforeAll(async () => { mesh = await CircuitStand.open() })
afterEach(() => mesh.stand.drain())
afterAll(() => mesh.close())

const isOwner = async (port: number) => (await readiness(port)).notes['circuits'] === 'this governor writes them'
const untilOwned = async (port: number) => {
  let owned = false
  await until(() => {
    void isOwner(port).then(is => { owned = is })
    return owned
  }, 'it is elected', 100)
}

test('one call in five fails: it trips once, with its numbers and an alert; probes that fail open it again, probes that pass close it', async () => {
  await mesh.stand.register('moody')
  const governor = await mesh.stand.start()
  await mesh.calls('moody', [failure, success])
  await mesh.calls('moody', oneInFive(60))
  await until(() => mesh.saidOf('moody', 'open') !== undefined, 'it trips')
  expect(mesh.saidOf('moody', 'open')).toMatchObject({ reason: 'ERROR_RATE', calls: 62, errors: 13, slaP95Ms: 200, trips: 1, recoveries: 0, forcedBy: null })
  await mesh.probeUntil('moody', [success, success, failure], () => mesh.states('moody').length >= 3, 'a failed probe opens it')
  await mesh.probeUntil('moody', times(10, success), () => mesh.said('moody')!.state === 'closed', 'it recovers')
  const checks = [...new Set(mesh.circuits.filter(({ circuit }) => circuit?.agent === 'moody' && circuit.state === 'half_open').map(({ circuit }) => circuit!.sinceMs))]
  for (const [i, sinceMs] of checks.entries()) if (i > 0) expect(sinceMs - checks[i - 1]!).toBeGreaterThanOrEqual(1_000)
  expect(mesh.states('moody')).toEqual(['open', 'half_open', 'open', 'half_open', 'slow_start', 'closed'])
  expect(mesh.said('moody')).toMatchObject({ trips: 1, recoveries: 1, admitShare: 1, reason: null })
  await until(() => mesh.alerts.filter(({ agent }) => agent === 'moody').length === 2, 'both alerts are written')
  expect(mesh.alerts.map(({ kind, message }) => [kind, message])).toEqual([
    ['CIRCUIT_OPENED', 'The circuit of moody@1.0.0 opened: 13 of 62 calls failed.'], ['CIRCUIT_CLOSED', expect.stringMatching(/^The circuit of moody@1\.0\.0 closed by itself/)]])
  const metrics = await (await fetch(`http://127.0.0.1:${governor.healthPort}/metrics`)).text()
  expect(metrics).toMatch(/mesh_governor_circuit_state\{agent="moody",version="1.0.0",state="closed",process="governor"\} 1\n/)
  expect(metrics).toMatch(/mesh_governor_circuit_recoveries\{agent="moody",version="1.0.0",process="governor"\} 1\n/)
})

test('handlers at 1.3 times their promise trip it, at 1.1 times they don\'t, nor does a long queue before a fast handler', async () => {
  for (const agent of ['slow', 'fine', 'queued']) await mesh.stand.register(agent)
  await mesh.stand.start()
  await mesh.calls('fine', times(400, { handlerMs: 220 }))
  await mesh.calls('queued', [...times(300, { handlerMs: 15, agentMs: 900, latencyMs: 950 }), ...times(100, timeout)])
  await mesh.calls('slow', times(60, { handlerMs: 260 }))
  await until(() => mesh.saidOf('slow', 'open') !== undefined, 'the slow one trips')
  expect(mesh.saidOf('slow', 'open')).toMatchObject({ reason: 'HANDLER_P95', errors: 0 })
  expect(mesh.saidOf('slow', 'open')!.p95Ms! / 260).toBeCloseTo(1, 1)
  // Its records are read in order of their partitions, so the others' were read, too; and some turns more.
  const beats = mesh.heartbeats().length
  await until(() => mesh.heartbeats().length > beats + 1, 'more turns are made')
  expect([mesh.said('fine'), mesh.said('queued')]).toEqual([undefined, undefined])
})

test('twenty episodes, twenty recoveries', async () => {
  await mesh.stand.register('swinging')
  await mesh.stand.start()
  for (let episode = 1; episode <= 20; episode++) {
    await mesh.calls('swinging', times(20, failure))
    await until(() => mesh.saidOf('swinging', 'open')?.trips === episode, `episode ${episode} begins`)
    await mesh.probeUntil('swinging', times(10, success), () => mesh.said('swinging')!.state === 'closed', `episode ${episode} ends`)
  }
  expect(mesh.said('swinging')).toMatchObject({ trips: 20, recoveries: 20 })
  await until(() => mesh.alerts.filter(({ agent }) => agent === 'swinging').length === 40, 'each is told')
  expect(new Set(mesh.alerts.map(({ alertId }) => alertId)).size).toBe(mesh.alerts.length)
}, 240_000)

test('nobody calls: probes are asked for anew, with another beginning, check after check', async () => {
  await mesh.stand.register('lonely')
  await mesh.stand.start()
  await mesh.calls('lonely', times(20, failure))
  const beginnings = () => new Set(mesh.circuits.filter(({ key, circuit }) => key === 'lonely@1.0.0' && circuit?.state === 'half_open').map(({ circuit }) => circuit!.sinceMs))
  await until(() => beginnings().size >= 3, 'three checks have passed')
  expect(mesh.states('lonely')).toEqual(['open', 'half_open'])
})

test('an operator opens and closes it, for as long as wanted; what is blocked is counted', async () => {
  await mesh.stand.register('ruled')
  await mesh.stand.start()
  await mesh.order('ruled', 'open')
  await until(() => mesh.said('ruled')?.state === 'open', 'it is opened')
  expect(mesh.said('ruled')).toMatchObject({ forcedBy: 'ada', reason: 'FORCED' })
  const { episode, sinceMs } = mesh.said('ruled')!
  const circuit = { state: 'open', episode, sinceMs, isProbe: false }
  await mesh.calls('ruled', times(30, { decision: 'refused', outcome: 'circuit_broken', reason: 'CIRCUIT_OPEN', circuit }))
  await until(() => mesh.said('ruled')!.callsBlocked === 30, 'blocked calls are counted')
  expect(mesh.states('ruled')).toEqual(['open'])
  await mesh.order('ruled', 'closed')
  await until(() => mesh.said('ruled')!.state === 'closed', 'it is closed')
  await mesh.calls('ruled', times(30, failure))
  const beats = mesh.heartbeats().length
  await until(() => mesh.heartbeats().length > beats + 1, 'turns are made')
  expect(mesh.said('ruled')).toMatchObject({ state: 'closed', forcedBy: 'ada', callsBlocked: 30 })
  await mesh.order('ruled', null)
  // What was handed over before that moment doesn't count, and the calls below say that they were handed over five milliseconds ago.
  await until(() => mesh.said('ruled')!.forcedBy === null && Date.now() > mesh.said('ruled')!.sinceMs + 20, 'it is measured again')
  await mesh.calls('ruled', times(30, failure))
  await until(() => mesh.saidOf('ruled', 'open')!.reason !== 'FORCED', 'it trips by itself')
})

test('of two governors one writes; killed, the other goes on with the same episode within seconds, and the heartbeat with it', async () => {
  await mesh.stand.register('handed')
  const first = mesh.stand.spawnGovernor({ MESH_CIRCUIT_CHECK_MS: '600000' })
  const beats = mesh.heartbeats().length
  await until(() => mesh.heartbeats().length > beats, 'the first is elected')
  const second = await mesh.stand.start({ circuitCheckMs: 600_000 })
  await until(() => mesh.heartbeats().length > beats + 2, 'the first goes on')
  expect(await readiness(second.healthPort)).toMatchObject({ status: 200, notes: { circuits: expect.stringMatching(/stands by$/) } })
  await mesh.calls('handed', times(20, failure))
  await until(() => mesh.said('handed')?.state === 'open', 'it trips')
  const { episode, sinceMs } = mesh.said('handed')!
  expect(mesh.circuits.filter(({ key }) => key === 'handed@1.0.0')).toHaveLength(1)

  await kill(first)
  const lastAtMs = mesh.heartbeats().at(-1)!.appendedAtMs
  await until(() => mesh.heartbeats().at(-1)!.appendedAtMs > lastAtMs, 'the second is elected')
  expect(mesh.heartbeats().at(-1)!.appendedAtMs - lastAtMs).toBeLessThan(10_000)
  await untilOwned(second.healthPort)
  const circuit = { state: 'open', episode, sinceMs, isProbe: false }
  await mesh.calls('handed', times(3, { decision: 'refused', outcome: 'circuit_broken', reason: 'CIRCUIT_OPEN', circuit }))
  await until(() => mesh.said('handed')!.callsBlocked === 3, 'it counts on')
  expect(mesh.said('handed')).toMatchObject({ state: 'open', episode, sinceMs, trips: 1 })
  expect(mesh.alerts.filter(({ agent }) => agent === 'handed')).toHaveLength(1)
})

test('an owner that stood still for longer than its session writes nothing when it goes on', async () => {
  const first = mesh.stand.spawnGovernor()
  const beats = mesh.heartbeats().length
  await until(() => mesh.heartbeats().length > beats, 'the first is elected')
  await mesh.stand.start()
  first.kill('SIGSTOP')
  const stopped = mesh.heartbeats().length
  await until(() => mesh.heartbeats().length > stopped + 1, 'the second is elected')
  first.kill('SIGCONT')
  const before = mesh.heartbeats().length
  await until(() => mesh.heartbeats().length > before + 4, 'the second goes on')
  const writtenAtMs = mesh.heartbeats().slice(before).map(({ appendedAtMs }) => appendedAtMs)
  // One heartbeat every two seconds comes from one governor, not from two.
  expect(writtenAtMs.at(-1)! - writtenAtMs[0]!).toBeGreaterThan((writtenAtMs.length - 1) * 1_500)
})

test('alerts are posted, signed with their time, once each and in order, although the receiver fails twice', async () => {
  const receiver = await startReceiver([500, 503])
  await mesh.stand.register('told')
  await mesh.stand.start({ alertWebhookUrl: receiver.url, alertWebhookKey: 'a key of the tests' })
  await mesh.calls('told', times(20, failure))
  await mesh.probeUntil('told', times(10, success), () => mesh.said('told')?.state === 'closed', 'the circuit does not wait for the receiver')
  const taken = () => receiver.posts.filter(({ status }) => status === 200)
  const last = () => taken().map(({ body }) => JSON.parse(body) as { readonly agent: string, readonly kind: string }).filter(({ agent }) => agent === 'told')
  await until(() => last().length === 2, 'both alerts are posted')
  expect(last().map(({ kind }) => kind)).toEqual(['CIRCUIT_OPENED', 'CIRCUIT_CLOSED'])
  for (const { headers, body } of receiver.posts) {
    const timestamp = String(headers[timestampHeader])
    expect(headers[signatureHeader]).toBe(signatureOf('a key of the tests', timestamp, body))
    expect(Math.abs(Date.now() - Number(timestamp))).toBeLessThan(60_000)
  }
  expect(receiver.posts.slice(0, 3).map(({ status }) => status)).toEqual([500, 503, 200])
  expect(new Set(receiver.posts.slice(0, 3).map(({ body }) => body)).size).toBe(1)
  const ids = taken().map(({ body }) => (JSON.parse(body) as { readonly alertId: string }).alertId)
  expect(new Set(ids).size).toBe(ids.length)
  await mesh.stand.drain()
  await receiver.close()
})
