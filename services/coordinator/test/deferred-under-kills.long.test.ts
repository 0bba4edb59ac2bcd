// A backlog that waits in the mesh while coordinators are killed, stopped and continued and Redis forgets everything:
// judged from the topics alone, nothing is lost, doubled or out of order, and Redis's loss lets through one burst at most.
import { afterEach, expect, test } from '@jest/globals'
import type { Dispatch } from '@mesh/schemas'
import { Redis } from 'ioredis'
import { flawless, judge } from './judgement.ts'
import { MeshStand, offering, quota, registration, request } from './mesh-stand.ts'

let stand: MeshStand
let redis: Redis | undefined
afterEach(async () => {
  await stand.close()
  await redis?.quit()
})

const ratePerS = 40
const burst = 40
const total = 3_200
const killsForMs = 60_000
const workflows = 20

const event = (n: number): Dispatch => request({
  dispatchId: `d${n}`, source: 'flooder', type: 'event', ttlMs: null, priority: 1 + n % 3, workflowId: `w${n % workflows}`, issuedAtMs: Date.now()
})

test('coordinators killed at random for 60 s, stopped and continued, Redis emptied, with a deferred backlog', async () => {
  stand = new MeshStand()
  await stand.open([registration('flooder', { dependencies: ['look'] }), registration('looker', { capabilities: [offering('look')] })], [quota('agent/flooder', ratePerS, { burst })])
  for (const id of ['c1', 'c2']) stand.startCoordinator(id)
  const sent = Array.from({ length: total }, (_, n) => event(n))
  for (let n = 0; n < total; n += 400) await stand.send(...sent.slice(n, n + 400))
  await stand.until('a backlog', () => stand.audit.filter(({ value }) => value.decision === 'deferred').length > 500)

  const untilMs = performance.now() + killsForMs
  let kills = 0
  let redisLosses = 0
  while (performance.now() < untilMs) {
    const id = `c${1 + Math.floor(Math.random() * 2)}`
    if (kills % 4 === 3) await stopped(id)
    else {
      stand.signal(id, 'SIGKILL')
      stand.startCoordinator(id)
    }
    if (++kills === 3) {
      await forgetQuotas()
      redisLosses++
    }
    // Any moment will do: the kills are to come at random, not when something is done.
    await new Promise(resolve => setTimeout(resolve, 2_000 + Math.random() * 4_000))
  }
  await stand.until('every delivery', () => stand.inbox.length >= total, 180_000)
  await stand.settled()
  expect(judge(sent, stand)).toEqual(flawless)

  const times = stand.audit.filter(({ value }) => value.decision === 'released' || value.decision === 'delivered').map(({ value }) => value.dueAtMs ?? value.atMs).sort((a, b) => a - b)
  const over = overAdmitted(times)
  console.log(`${kills} kills and stops, ${redisLosses} loss of Redis: ${total} delivered once, in order; at most ${over} more than rate and burst allow`)
  expect(over).toBeLessThanOrEqual(burst * redisLosses)
}, 400_000)

/** Until its tasks went elsewhere, then on again. */
async function stopped (id: string): Promise<void> {
  stand.signal(id, 'SIGSTOP')
  await stand.untilGone(id)
  stand.signal(id, 'SIGCONT')
}

/** As a Redis that was restarted empty: this mesh's keys are gone; other tests share the server. */
async function forgetQuotas (): Promise<void> {
  redis ??= new Redis(process.env.REDIS_URL!)
  const keys = await redis.keys(`${stand.namespace}:*`)
  expect(keys.length).toBeGreaterThan(0)
  await redis.del(...keys)
}

/** By how many the slots of any window exceed what rate and burst allow in it. */
function overAdmitted (slots: readonly number[]): number {
  let over = 0
  for (let first = 0; first < slots.length; first += 7) {
    for (let last = first; last < slots.length; last++) {
      const allowed = burst + Math.ceil((slots[last]! - slots[first]!) / 1_000 * ratePerS)
      over = Math.max(over, last - first + 1 - allowed)
    }
  }
  return over
}
