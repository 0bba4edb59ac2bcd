// A mixed load for the stand: requests and events over all priorities, and a target that answers whatever arrives.
import type { Dispatch } from '@mesh/schemas'
import { type MeshStand, offering, registration, request, responseTo } from './mesh-stand.ts'

export const loadAgents = [registration('asker', { dependencies: ['look'], urgentCapabilities: ['look'] }), registration('looker', { capabilities: [offering('look')] })]
const workflows = 60
const batchMax = 500

/** Sends about `total` dispatches, replies included, at about `perSecond`; answers what was sent. Their ids begin with `name`. */
export async function sendLoad (stand: MeshStand, total: number, perSecond: number, name = 'd'): Promise<Dispatch[]> {
  const sent: Dispatch[] = []
  const replies: Dispatch[] = []
  stand.onInbox = dispatch => { if (dispatch.type === 'request') replies.push(responseTo(dispatch)) }
  const send = async (batch: Dispatch[]) => {
    if (batch.length === 0) return
    await stand.send(...batch)
    sent.push(...batch)
  }
  const startedMs = performance.now()
  for (let made = 0; sent.length < total;) {
    const due = Math.ceil((performance.now() - startedMs) / 1_000 * perSecond)
    const batch = replies.splice(0, batchMax)
    for (; made < due && sent.length + batch.length < total; made++) batch.push(numbered(made, name))
    await send(batch)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  await stand.until('the last requests arriving', () => {
    const arrived = new Set(stand.inbox.map(({ value: { dispatch } }) => dispatch.dispatchId))
    return sent.every(({ type, dispatchId }) => type === 'response' || arrived.has(dispatchId))
  })
  while (replies.length > 0) await send(replies.splice(0, batchMax))
  return sent
}

function numbered (made: number, name: string): Dispatch {
  const isEvent = made % 4 === 3
  return request({
    dispatchId: `${name}${made}`, workflowId: `w${made % workflows}`, priority: made % 4 === 0 ? 0 : 1 + made % 3, issuedAtMs: Date.now(),
    // Longer than any of the tests: what is slow on a busy machine is not what they are about.
    ...isEvent ? { type: 'event', ttlMs: null } : { ttlMs: 240_000 }
  })
}
