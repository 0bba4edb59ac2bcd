// Merkle trees as RFC 6962 §2.1 defines them, over the bodies of one signature. Built level by level: nodes pair up from the
// left and one without a neighbour rises unchanged, which gives the tree of the RFC (its split at the largest power of two).
//
// Invariants:
//   M1. A leaf is never taken for a node: their hashes begin with different bytes (the RFC's 0x00 and 0x01).
//   M2. What a path must look like follows from index and size alone, so there is one path for each leaf.

/** A SHA-256, a character for each byte (latin1): such a string is made and compared in a fraction of the time that a Buffer takes. */
export type Hash = string

/** Domain-separated SHA-256, which is I/O to the core: H(0x00 ‖ body) and H(0x01 ‖ left ‖ right). */
export interface Hashing {
  leaf (body: Uint8Array): Hash
  node (left: Hash, right: Hash): Hash
}

/** From the leaves to the root, which is the last level's only node. At least one leaf. */
export function levelsOf (leaves: readonly Hash[], { node }: Hashing): Hash[][] {
  const levels = [[...leaves]]
  for (let level = levels[0]!; level.length > 1; levels.push(level)) {
    const below = level
    level = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) => {
      const right = below[2 * i + 1]
      return right === undefined ? below[2 * i]! : node(below[2 * i]!, right)
    })
  }
  return levels
}

/** The neighbours on the way from a leaf to the root, lowest first. */
export function pathOf (levels: readonly (readonly Hash[])[], index: number): Hash[] {
  const path: Hash[] = []
  let i = index
  for (const level of levels) {
    const neighbour = level[i ^ 1]
    if (neighbour !== undefined) path.push(neighbour)
    i >>= 1
  }
  return path
}

/** How many neighbours the path of a leaf has. */
export function pathLength (index: number, size: number): number {
  let length = 0
  for (let i = index, width = size; width > 1; i >>= 1, width = (width + 1) >> 1) if ((i ^ 1) < width) length++
  return length
}
