// How a dispatch's id commits to the dispatch that caused it, and so to the whole chain before: the id is derived from the
// parent's sender and id, and from the link (which call of the handler it is). Whoever has the chain can derive each id again.
//
// Invariants:
//   C1. A chain begins at a root. A derived id (UUID version 8) is none, so nobody can cut the beginning off.
//   C2. Every other id, and the dispatch's own, is derived from the one before, so none can be left out, put in or renamed.
//   C3. That the parent was given to the sender is another question, which only the mesh can answer.
import type { ChainHop } from '@mesh/schemas'

/** SHA-256 of a text's UTF-8 bytes. */
export type Digest = (text: string) => Uint8Array

export interface Chained {
  readonly dispatchId: string
  readonly parentId: string | null
  readonly chain: readonly ChainHop[]
  readonly link: string
}

const linkShape = /^[1-9]\d{0,8}(\/attempt\/[1-9]\d{0,8})?$/
const derivedShape = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** Which send of a handler it is, from 1; `attempt` above 1 where a later attempt sends it under an id of its own. */
export const linkOf = (ordinal: number, attempt = 1): string => attempt === 1 ? String(ordinal) : `${ordinal}/attempt/${attempt}`

/** Id of what the handler of `parentId`, a dispatch of the agent `parentSource`, sends at this link. */
export const derivedId = (parentSource: string, parentId: string, link: string, digest: Digest): string =>
  uuidFrom(digest(`${parentSource}\0${parentId}\0${link}`).slice(0, 16), 8)

/** What is wrong with where a request or event says that it comes from; undefined where it holds. */
export function chainProblem ({ dispatchId, parentId, chain, link }: Chained, digest: Digest): string | undefined {
  const last = chain.at(-1)
  if (last === undefined) return parentId === null ? rootProblem(dispatchId, link) : 'it has a parent and no chain'
  if (parentId !== last.dispatchId) return 'its parent is not the last of its chain'
  return rootProblem(chain[0]!.dispatchId, chain[0]!.link) ?? [...chain.slice(1), { agent: '', dispatchId, link }]
    .map((hop, index) => hopProblem(hop, chain[index]!, index + 1, digest))
    .find(problem => problem !== undefined)
}

function rootProblem (dispatchId: string, link: string): string | undefined {
  if (link !== '') return 'a dispatch without a parent has a link'
  return derivedShape.test(dispatchId) ? 'what its chain begins with is no root: its id is derived from another' : undefined
}

function hopProblem ({ dispatchId, link }: ChainHop, before: ChainHop, position: number, digest: Digest): string | undefined {
  if (!linkShape.test(link)) return `the link of hop ${position} is not one`
  return dispatchId === derivedId(before.agent, before.dispatchId, link, digest) ? undefined : `the id of hop ${position} is not derived from the one before it`
}

/** Sets a UUID's version and variant (RFC 9562). */
export function uuidFrom (bytes: Uint8Array, version: 7 | 8): string {
  bytes[6] = version << 4 | bytes[6]! & 0x0f
  bytes[8] = 0x80 | bytes[8]! & 0x3f
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
