// The trees and proofs of RFC 9162 §2.1, once more: written from its definitions, for tests, with nothing of the code under test.

import { createHash } from 'node:crypto'

const h = (...parts: Uint8Array[]): Buffer => parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest()

/** The largest power of two smaller than n. */
const split = (n: number): number => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

export const leafHash = (d: Uint8Array): Buffer => h(Buffer.of(0x00), d)

/** MTH(D[n]), §2.1.1. */
export function mth (d: readonly Uint8Array[]): Buffer {
  if (d.length === 0) return h()
  if (d.length === 1) return leafHash(d[0]!)
  const k = split(d.length)
  return h(Buffer.of(0x01), mth(d.slice(0, k)), mth(d.slice(k)))
}

/** PATH(m, D[n]), §2.1.3.1. */
export function path (m: number, d: readonly Uint8Array[]): Buffer[] {
  if (d.length === 1) return []
  const k = split(d.length)
  return m < k ? [...path(m, d.slice(0, k)), mth(d.slice(k))] : [...path(m - k, d.slice(k)), mth(d.slice(0, k))]
}

/** PROOF(m, D[n]), §2.1.4.1. */
export const proof = (m: number, d: readonly Uint8Array[]): Buffer[] => m === 0 || m === d.length ? [] : subproof(m, d, true)

function subproof (m: number, d: readonly Uint8Array[], b: boolean): Buffer[] {
  if (m === d.length) return b ? [] : [mth(d)]
  const k = split(d.length)
  return m <= k ? [...subproof(m, d.slice(0, k), b), mth(d.slice(k))] : [...subproof(m - k, d.slice(k), false), mth(d.slice(0, k))]
}

/** The root that a leaf and its path lead to: the definition of PATH, read backwards. */
export function rootOfPath (leaf: Buffer, m: number, n: number, nodes: readonly Buffer[]): Buffer | undefined {
  if (n === 1) return nodes.length === 0 ? leaf : undefined
  const last = nodes.at(-1)
  if (last === undefined) return undefined
  const k = split(n)
  const inner = m < k ? rootOfPath(leaf, m, k, nodes.slice(0, -1)) : rootOfPath(leaf, m - k, n - k, nodes.slice(0, -1))
  return inner === undefined ? undefined : m < k ? h(Buffer.of(0x01), inner, last) : h(Buffer.of(0x01), last, inner)
}

/** Both roots that a consistency proof leads to: the definition of SUBPROOF, read backwards. */
export function rootsOfProof (m: number, n: number, nodes: readonly Buffer[], rootOfM: Buffer, b = true): readonly [Buffer, Buffer] | undefined {
  if (m === n) {
    if (b) return nodes.length === 0 ? [rootOfM, rootOfM] : undefined
    return nodes.length === 1 ? [nodes[0]!, nodes[0]!] : undefined
  }
  const last = nodes.at(-1)
  if (last === undefined) return undefined
  const k = split(n)
  if (m <= k) {
    const inner = rootsOfProof(m, k, nodes.slice(0, -1), rootOfM, b)
    return inner === undefined ? undefined : [inner[0], h(Buffer.of(0x01), inner[1], last)]
  }
  const inner = rootsOfProof(m - k, n - k, nodes.slice(0, -1), rootOfM, false)
  return inner === undefined ? undefined : [h(Buffer.of(0x01), last, inner[0]), h(Buffer.of(0x01), last, inner[1])]
}
