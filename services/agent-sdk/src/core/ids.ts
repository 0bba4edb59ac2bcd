// Ids of dispatches and workflows.
//
// Invariants:
//   I1. A root's id is new and ordered in time (UUID version 7).
//   I2. What a handler sends has an id derived from the dispatch being handled and the send's ordinal (version 8; signing/chain),
//       so a handler that runs twice sends the same ids and the mesh lets each through once, and nobody can cut its chain.
//   I3. A later attempt of a request sends what an earlier one sent under the same ids, so that what succeeded is not done
//       twice; what failed goes again under an id with the attempt in it. Its own answer always has such an id.
//   I4. Clock, randomness and digest are arguments.

import { type Digest, uuidFrom } from '@mesh/signing/chain'

export const randomBytesPerId = 10

export function rootId (nowMs: number, random: Uint8Array): string {
  if (random.length < randomBytesPerId) throw new RangeError(`an id needs ${randomBytesPerId} random bytes`)
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, Math.floor(nowMs / 2 ** 32))
  view.setUint32(2, nowMs % 2 ** 32)
  bytes.set(random.subarray(0, randomBytesPerId), 6)
  return uuidFrom(bytes, 7)
}

/** Id of the answer to an attempt of `requestId`: response and error share it, because an attempt has one answer. */
export const replyId = (requestId: string, digest: Digest, attempt = 1): string => derived(`${requestId}/reply${againSaid(attempt)}`, digest)

/** Id of the cancel of `requestId`. */
export const cancelId = (requestId: string, digest: Digest): string => derived(`${requestId}/cancel`, digest)

/** Id of the word that a delivery was given up; a dispatch that an operator sends again is another delivery. */
export const givenUpId = (dispatchId: string, decidedAtMs: number, digest: Digest): string => derived(`${dispatchId}/given-up/${decidedAtMs}`, digest)

/** Workflow of a call under an idempotency key: a repeat is decided where the first one was. */
export const keyedWorkflowId = (source: string, capability: string, idempotencyKey: string, digest: Digest): string =>
  derived(JSON.stringify([source, capability, idempotencyKey]), digest)

const againSaid = (attempt: number): string => attempt === 1 ? '' : `/attempt/${attempt}`
const derived = (text: string, digest: Digest): string => uuidFrom(digest(text).slice(0, 16), 8)
