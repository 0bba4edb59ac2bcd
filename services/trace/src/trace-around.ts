// One dispatch in the trace of its workflow: back to where it began, and forward to all that came of it.
//
// Invariants:
//   A1. Every hop has exactly one relation to the dispatch that is asked for; the order stays that of the tree.
//   A2. The ancestors are those in the tree, where an answer is part of its request's hop: asking for an answer is asking
//       for that hop.
import type { Hop } from './trace-tree.ts'

/** `other`: in the same workflow, neither before nor after it. */
export type Relation = 'ancestor' | 'asked' | 'descendant' | 'other'

export interface TracedHop extends Hop { readonly relation: Relation }

/** Undefined where no hop is, or is answered by, that dispatch. */
export function traceAround (hops: readonly Hop[], dispatchId: string): TracedHop[] | undefined {
  const asked = hops.findIndex(hop => hop.dispatchId === dispatchId || hop.reply?.dispatchId === dispatchId)
  if (asked < 0) return undefined
  const ancestors = new Set<number>()
  let depth = hops[asked]!.depth
  for (let i = asked - 1; i >= 0 && depth > 0; i--) {
    if (hops[i]!.depth >= depth) continue
    ancestors.add(i)
    depth = hops[i]!.depth
  }
  let end = asked + 1
  while (end < hops.length && hops[end]!.depth > hops[asked]!.depth) end++
  const relationOf = (index: number): Relation =>
    index === asked ? 'asked' : ancestors.has(index) ? 'ancestor' : index > asked && index < end ? 'descendant' : 'other'
  return hops.map((hop, index) => ({ ...hop, relation: relationOf(index) }))
}
