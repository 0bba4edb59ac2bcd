// A target that fails whatever it is asked for a minute, at 200 calls/s, with retries: what that multiplies to, and what
// comes down on the target when it is well again. Run by `npm run test:long -- --testPathPatterns outage`.
import { afterEach, expect, test } from '@jest/globals'
import { MeshStand, offering, registration, request, responseTo, taskCount } from './mesh-stand.ts'
import { inHandMax } from '../src/core/retry-budget.ts'

let stand: MeshStand
afterEach(() => stand.close())

const callsPerS = 200
const outageMs = 60_000
const calmMs = 10_000
const afterMs = 15_000
const workflows = 40
const retry = { attemptsMax: 4, backoffMs: 200, backoffMsMax: 5_000, codes: [] }

test('60 s down at 200 calls/s: at most a tenth more attempts, and no herd afterwards', async () => {
  stand = new MeshStand()
  await stand.open([registration('asker', { dependencies: ['look'] }), registration('looker', { capabilities: [{ ...offering('look'), retry }] })])
  let isDown = false
  const arrivals: { readonly atMs: number, readonly attempt: number, readonly id: string }[] = []
  const replies: ReturnType<typeof responseTo>[] = []
  stand.onInbox = (dispatch, { decision: { attempt } }) => {
    arrivals.push({ atMs: performance.now(), attempt, id: dispatch.dispatchId })
    const failed = { type: 'error', error: { code: 'DOWN', message: 'down', retriable: true } } as const
    replies.push(responseTo(dispatch, { dispatchId: `${dispatch.dispatchId}-reply-${attempt}`, ...isDown ? failed : {} }))
  }
  for (const id of ['c1', 'c2']) stand.startCoordinator(id)

  let made = 0
  const callFor = async (forMs: number) => {
    const startedMs = performance.now()
    const first = made
    for (let spentMs = 0; spentMs < forMs; spentMs = performance.now() - startedMs) {
      const due = first + Math.floor(spentMs / 1_000 * callsPerS)
      const batch = replies.splice(0)
      for (; made < due; made++) batch.push(request({ dispatchId: `d${made}`, workflowId: `w${made % workflows}`, priority: 2, ttlMs: 60_000, issuedAtMs: Date.now() }))
      if (batch.length > 0) await stand.send(...batch)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    return made - first
  }
  const arrivedBetween = (fromMs: number, toMs: number) => arrivals.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)

  await callFor(calmMs)
  isDown = true
  const downAtMs = performance.now()
  const calls = await callFor(outageMs)
  isDown = false
  const upAtMs = performance.now()
  await callFor(afterMs)
  const outcomes = () => new Set(stand.audit.flatMap(({ value: { type, outcome, dispatchId } }) => type === 'request' && outcome !== null ? [dispatchId!] : [])).size
  const answering = setInterval(() => { if (replies.length > 0) void stand.send(...replies.splice(0)) }, 20)
  await stand.until('every outcome', () => outcomes() >= made).finally(() => clearInterval(answering))

  const extra = arrivedBetween(downAtMs, upAtMs).filter(({ attempt }) => attempt > 1).length
  const perSAfter = arrivedBetween(upAtMs, upAtMs + 5_000).length / 5
  console.log(`${calls} calls while it was down, ${extra} attempts more (${(extra / calls * 100).toFixed(1)} %); ${perSAfter.toFixed(0)}/s in the first 5 s afterwards, ${callsPerS}/s is normal`)
  expect(extra).toBeGreaterThan(0)
  expect(extra).toBeLessThanOrEqual(0.1 * calls + taskCount * inHandMax)
  expect(perSAfter).toBeLessThanOrEqual(1.5 * callsPerS)
  expect(outcomes()).toBe(made)
  expect(new Set(arrivals.map(({ id, attempt }) => `${id}/${attempt}`)).size).toBe(arrivals.length)
}, 300_000)
