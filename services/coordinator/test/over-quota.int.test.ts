// A source that sends more than it may: what is over waits, in order, and comes at its rate; nobody else notices.
import { afterEach, expect, test } from '@jest/globals'
import type { Dispatch } from '@mesh/schemas'
import { flawless, judge } from './judgement.ts'
import { causedBy, MeshStand, offering, quota, registration, request } from './mesh-stand.ts'

let stand: MeshStand
afterEach(() => stand.close())

const agents = [
  registration('flooder', { dependencies: ['look'] }),
  registration('neighbour', { dependencies: ['look'] }),
  registration('looker', { capabilities: [offering('look')] })
]
const workflows = 8
const event = (source: string, n: number): Dispatch => request({
  dispatchId: `${source}-${n}`, source, sourceInstance: `${source}-1`, type: 'event', ttlMs: null, priority: 2, workflowId: `w${n % workflows}`, issuedAtMs: Date.now()
})

test('200 at once from an agent that may send 10/s: all arrive, in order, at its rate, with one slow-down and one cleared', async () => {
  stand = new MeshStand()
  await stand.open(agents, [quota('agent/flooder', 10, { burst: 10 })])
  stand.startCoordinator('c1')
  stand.startCoordinator('c2')
  await stand.send(event('neighbour', 0))
  await stand.until('a first delivery', () => stand.inbox.length === 1)

  const sent = Array.from({ length: 200 }, (_, n) => event('flooder', n))
  await stand.send(...sent)
  const arrivals = () => stand.audit.filter(({ value }) => value.source === 'flooder' && (value.decision === 'delivered' || value.decision === 'released'))
  await stand.until('all 200', () => stand.inbox.filter(({ value }) => value.dispatch.source === 'flooder').length === 200, 40_000)
  expect(judge(sent, stand)).toEqual(flawless)

  const times = arrivals().map(({ value }) => value.atMs).sort((a, b) => a - b)
  const perSecond = (times.length - 1 - 20) / ((times.at(-1)! - times[20]!) / 1_000)
  console.log(`after the burst they came at ${perSecond.toFixed(2)}/s`)
  expect(perSecond).toBeGreaterThan(9.5)
  expect(perSecond).toBeLessThan(10.5)

  const signals = () => stand.answers.filter(({ topic, value }) => topic === stand.names.answers('flooder') && value.notice !== undefined).map(({ partition, value }) => `${partition} ${value.notice!.type}`)
  await stand.until('the cleared signals', () => signals().length >= 4)
  await stand.settled()
  expect(signals().sort()).toEqual(['0 cleared', '0 slow_down', '1 cleared', '1 slow_down'])
  const slowDown = stand.answers.find(({ value }) => value.notice?.type === 'slow_down')!.value.notice!
  expect(slowDown).toMatchObject({ sourceInstance: '', code: 'OVER_QUOTA', slowDown: { ratePerS: 10, burst: 10 } })
}, 90_000)

test('a flood of P3 from a source does not delay its own P0', async () => {
  stand = new MeshStand()
  await stand.open([{ ...agents[0]!, urgentCapabilities: ['look'] }, ...agents.slice(1)], [quota('agent/flooder', 10, { burst: 10 })])
  stand.startCoordinator('c1')
  await stand.send(...Array.from({ length: 200 }, (_, n) => ({ ...event('flooder', n), priority: 3 })))
  await stand.until('the flood decided', () => stand.audit.filter(({ value }) => value.decision === 'deferred').length > 150)
  await stand.send({ ...event('flooder', 1_000), priority: 0 })
  await stand.until('the P0', () => stand.inbox.some(({ value }) => value.dispatch.dispatchId === 'flooder-1000'), 5_000)
  expect(stand.audit.find(({ value }) => value.dispatchId === 'flooder-1000')!.value).toMatchObject({ decision: 'delivered', quota: { delayMs: 0 } })
}, 60_000)

test('past its bound a source is refused, and told when to send again', async () => {
  stand = new MeshStand()
  await stand.open(agents, [quota('agent/flooder', 1, { burst: 1, outstandingMax: 5 })])
  stand.startCoordinator('c1')
  await stand.send(...Array.from({ length: 20 }, (_, n) => event('flooder', n)))
  const refused = () => stand.audit.filter(({ value }) => value.reason === 'QUOTA_BACKLOG_FULL')
  await stand.until('the refusals', () => refused().length >= 14)
  const notices = stand.answers.filter(({ value }) => value.notice?.code === 'QUOTA_BACKLOG_FULL')
  await stand.until('their notices', () => stand.answers.filter(({ value }) => value.notice?.code === 'QUOTA_BACKLOG_FULL').length === refused().length)
  for (const { value } of notices) expect(value.notice!.retryAfterMs).toBeGreaterThan(0)
  expect(refused()).toHaveLength(14)
}, 60_000)

test('a quota changed while the mesh runs holds for the next dispatch', async () => {
  stand = new MeshStand()
  await stand.open(agents, [quota('agent/flooder', 1, { burst: 1 })])
  stand.startCoordinator('c1')
  await stand.send(event('flooder', 0))
  await stand.until('the first', () => stand.inbox.length === 1)
  await stand.limit(quota('agent/flooder', 1_000))
  await stand.until('the change', () => stand.inbox.length === 1)
  for (let n = 1; ; n++) {
    await stand.send(event('flooder', n * workflows))
    await stand.until('its decision', () => stand.audit.some(({ value }) => value.dispatchId === `flooder-${n * workflows}`))
    const { quota: use } = stand.audit.find(({ value }) => value.dispatchId === `flooder-${n * workflows}`)!.value
    if (use!.ratePerS === 1_000) break
    expect(n).toBeLessThan(50)
  }
}, 60_000)

test('a P0 that was not granted is refused; a more urgent class than that of its cause, too', async () => {
  stand = new MeshStand()
  await stand.open([{ ...agents[0]!, urgentCapabilities: [] }, ...agents.slice(1)])
  stand.startCoordinator('c1')
  const cause = { ...event('neighbour', 0), dispatchId: 'cause', priority: 3 }
  await stand.send(cause)
  await stand.until('the cause', () => stand.inbox.length === 1)
  await stand.send({ ...event('flooder', 1), priority: 0 }, causedBy(cause, { source: 'flooder', type: 'event', ttlMs: null, priority: 1 }))
  await stand.until('both refusals', () => stand.audit.filter(({ value }) => value.reason === 'PRIORITY_NOT_GRANTED').length === 2)
  expect(stand.inbox).toHaveLength(1)
}, 60_000)

test('the policy may lower a false claim instead', async () => {
  stand = new MeshStand()
  await stand.open(agents)
  stand.startCoordinator('c1', 'plain', { MESH_PRIORITY_CLAIMS: 'lower' })
  await stand.send({ ...event('flooder', 1), priority: 0 })
  await stand.until('the delivery', () => stand.inbox.length === 1)
  expect(stand.inbox[0]).toMatchObject({ topic: stand.names.inbox('looker', 1), value: { delivery: { decision: { priority: 1 } } } })
  expect(stand.audit[0]!.value).toMatchObject({ decision: 'delivered', reason: 'PRIORITY_LOWERED', priority: 1, claimedPriority: 0 })
}, 60_000)
