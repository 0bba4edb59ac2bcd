// Coordinators that die under load, judged from the topics alone by plain read-committed readers.
import { afterEach, expect, test } from '@jest/globals'
import type { Dispatch } from '@mesh/schemas'
import { judge, type Judgement } from './judgement.ts'
import { MeshStand, offering, registration, request, responseTo } from './mesh-stand.ts'

let stand: MeshStand
afterEach(() => stand.close())

const agents = [registration('asker', { dependencies: ['look'] }), registration('looker', { capabilities: [offering('look')] })]
const workflows = 60

/** Requests and events over all priorities and workflows; the target answers each request as soon as it arrives. */
async function load (total: number, perSecond: number): Promise<Dispatch[]> {
  const sent: Dispatch[] = []
  const replies: Dispatch[] = []
  stand.onInbox = dispatch => { if (dispatch.type === 'request') replies.push(responseTo(dispatch)) }
  const startedMs = performance.now()
  for (let made = 0; sent.length < total;) {
    const due = Math.min(total, Math.ceil((performance.now() - startedMs) / 1_000 * perSecond))
    const batch = replies.splice(0, 500)
    for (; made < due && sent.length + batch.length < total; made++) {
      const isEvent = made % 4 === 3
      batch.push(request({
        dispatchId: `d${made}`, workflowId: `w${made % workflows}`, priority: made % 4 === 0 ? 0 : 1 + made % 3, issuedAtMs: Date.now(),
        ...isEvent ? { type: 'event', ttlMs: null } : {}
      }))
    }
    if (batch.length > 0) await stand.send(...batch)
    sent.push(...batch)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  // What was asked last is answered too.
  await stand.until('the last requests arriving', () => {
    const arrived = new Set(stand.inbox.map(({ value: { dispatch } }) => dispatch.dispatchId))
    return sent.every(({ type, dispatchId }) => type === 'response' || arrived.has(dispatchId))
  })
  for (let rest = replies.splice(0, 500); rest.length > 0; rest = replies.splice(0, 500)) {
    await stand.send(...rest)
    sent.push(...rest)
  }
  return sent
}

const flawless: Judgement = {
  undelivered: [], deliveredTwice: [], undecided: [], decidedTwice: [], withoutOutcome: [], outcomeTwice: [], outOfOrder: [], notSuccessful: []
}

async function settleAndJudge (sent: readonly Dispatch[]): Promise<Judgement> {
  const requests = sent.filter(({ type }) => type === 'request').length
  await stand.until('every outcome', () => stand.audit.filter(({ value }) => value.decision === 'completed').length >= requests, 60_000)
  // A moment for what must not come.
  await new Promise(resolve => setTimeout(resolve, 500))
  return judge(sent, stand)
}

test('SIGKILL of a coordinator five times during 20,000 dispatches: each delivered, decided and archived once', async () => {
  stand = new MeshStand()
  await stand.open(agents)
  stand.startCoordinator('c1')
  stand.startCoordinator('c2')
  const loading = load(20_000, 900)
  for (const id of ['c1', 'c2', 'c1', 'c2', 'c1']) {
    const before = stand.decidedBy(id)
    await stand.until(`${id} deciding`, () => stand.decidedBy(id) > before + 200)
    stand.signal(id, 'SIGKILL')
    stand.startCoordinator(id)
  }
  const sent = await loading
  expect(sent.length).toBeGreaterThanOrEqual(20_000)
  expect(await settleAndJudge(sent)).toEqual(flawless)
}, 240_000)
