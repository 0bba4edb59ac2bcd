// One log of a bundle, leaf by leaf, held against the roots that are known to be right at some of its sizes.
//
// Two trees grow side by side where the bundle contradicts itself: one of the leaves as they were stored, one of those that the
// bodies have. Which of them leads to the next known root says which of the two was changed.
//
// Invariants:
//   S1. A leaf is accepted only once a known root commits to it; what comes after the last known root is not accepted.
//   S2. Memory is bounded: a span between two known roots keeps its leaves up to `spanLeavesMax`, and `mismatchesMax` contradictions.

import { sha256, type Hash } from '@mesh/signing/merkle'
import { canonicalJson } from './canonical.ts'
import { beginOf, coverOf, leavesOf, type Subtree } from './cover.ts'
import type { Fields } from './bundle-line.ts'
import { Frontier } from './frontier.ts'
import type { Run } from './proofs.ts'

export type SectionProblem = 'changed' | 'moved' | 'missing' | 'duplicated' | 'inserted' | 'leaf-changed' | 'resealed' | 'tail-missing' | 'uncovered' | 'misplaced'

export interface SectionFinding {
  readonly problem: SectionProblem
  readonly detail: string
  readonly index: number
  readonly lastIndex: number
  readonly id: string | undefined
  readonly line: number | undefined
}

export interface SectionRules {
  readonly size: number
  /** Roots that were signed, by size. */
  readonly roots: ReadonlyMap<number, Hash>
  /** No leaf of these may be left out. */
  readonly dense: Run
}

export interface SectionLeaf {
  readonly index: number
  readonly body: Fields | undefined
  readonly leaf: Hash | undefined
  readonly id: string | undefined
  readonly line: number
}

interface Mismatch extends Omit<SectionLeaf, 'body'> { readonly own: Hash | undefined }

interface Found { readonly index: number, readonly lastIndex?: number, readonly id?: string | undefined, readonly line?: number | undefined }

/** What came after the last known root. */
interface Span {
  readonly from: number
  readonly leaves: Map<Hash, number>
  readonly ids: Map<number, Pick<SectionLeaf, 'id' | 'line'>>
  readonly mismatches: Mismatch[]
  wrongBlock: Run | undefined
}

const spanLeavesMax = 262_144
const mismatchesMax = 1_000

export class SectionCheck {
  readonly #rules: SectionRules
  readonly findings: SectionFinding[] = []
  #stored = new Frontier()
  /** Of the bodies, where they contradict the stored leaves since the last known root. */
  #own: Frontier | undefined
  /** A leaf without any hash, or a wrong root: nothing after it can be held against a root. */
  #isLost = false
  #span: Span
  #lastBlock: { readonly node: Subtree, readonly hash: Hash } | undefined

  constructor (rules: SectionRules) {
    this.#rules = rules
    this.#span = spanFrom(0)
  }

  get size (): number { return this.#stored.size }
  root (): Hash { return this.#stored.root() }
  get isLost (): boolean { return this.#isLost }

  leaf (leaf: SectionLeaf): void {
    const { index, body, line, id } = leaf
    if (index < this.size) return this.#find('duplicated', `place ${index} is taken twice`, { index, id, line })
    if (index >= this.#rules.size) return this.#find('inserted', `place ${index} is beyond the ${this.#rules.size} that were signed`, { index, id, line })
    if (index > this.size) this.#skipTo(index)
    const own = body === undefined ? undefined : sha256.leaf(Buffer.from(canonicalJson(body)))
    if (own === undefined && leaf.leaf === undefined) {
      this.#isLost = true
      this.#stored.append('')
      return this.#find('missing', 'neither row nor leaf is there', { index, line })
    }
    if (own !== leaf.leaf) this.#contradiction({ index, leaf: leaf.leaf, own, id, line })
    this.#append(leaf.leaf ?? own!, own ?? leaf.leaf!)
    if (this.#span.leaves.size < spanLeavesMax) {
      this.#span.leaves.set(leaf.leaf ?? own!, index)
    }
    // Where a contradiction may begin: nothing else is ever named.
    if (index === this.#span.from || index % leavesOf(blockLevel) === 0) this.#span.ids.set(index, { id, line })
    this.#judge()
  }

  subtree (node: Subtree, hash: Hash, line: number): void {
    const from = beginOf(node)
    const to = from + leavesOf(node.level)
    const { dense } = this.#rules
    if (from > this.size && to <= this.#rules.size) this.#skipTo(from)
    if (from !== this.size || to > this.#rules.size) {
      this.#isLost = true
      return this.#find('misplaced', `${leavesOf(node.level)} leaves from ${from} on don't fit behind ${this.size}`, { index: this.size, line })
    }
    if (from < dense.to && to > dense.from) {
      this.#find('uncovered', `leaves ${from} to ${to - 1} are left out`, { index: Math.max(from, dense.from), lastIndex: Math.min(to, dense.to) - 1, line })
    }
    this.#append(hash, hash, node.level)
    this.#judge()
  }

  /** The stored root of the leaves that came before: it narrows down where a contradiction is. */
  block (node: Subtree, hash: Hash): void {
    const isSame = this.#lastBlock !== undefined && this.#lastBlock.node.level === node.level && this.#lastBlock.node.position === node.position
    if (!isSame || this.#lastBlock?.hash === hash || this.#span.wrongBlock !== undefined) return
    this.#span.wrongBlock = { from: beginOf(node), to: beginOf(node) + leavesOf(node.level) }
  }

  end (): void {
    const { size } = this.#rules
    if (this.size < size) this.#find('tail-missing', `it has ${this.size} leaves; ${size} were signed`, { index: this.size, lastIndex: size - 1 })
    // No root was reached that would say which side is right.
    for (const mismatch of this.#span.mismatches) this.#changed(mismatch)
    this.findings.sort((a, b) => a.index - b.index)
  }

  /** Leaves that are simply not there. */
  #skipTo (index: number): void {
    this.#find('missing', index - this.size === 1 ? 'its place is empty' : `places ${this.size} to ${index - 1} are empty`, { index: this.size, lastIndex: index - 1 })
    this.#isLost = true
    for (const { level } of coverOf(this.size, index)) this.#append('', '', level)
  }

  #contradiction (mismatch: Mismatch): void {
    this.#own ??= this.#stored.copy()
    if (this.#span.mismatches.length < mismatchesMax) this.#span.mismatches.push(mismatch)
  }

  #append (stored: Hash, own: Hash, level = 0): void {
    this.#stored.append(stored, level, (node, hash) => { if (node.level === blockLevel) this.#lastBlock = { node, hash } })
    this.#own?.append(own, level)
  }

  #judge (): void {
    const root = this.#rules.roots.get(this.size)
    if (root === undefined || this.#isLost) return
    const { mismatches } = this.#span
    if (this.#stored.root() === root) mismatches.forEach(mismatch => this.#changed(mismatch))
    else if (this.#own?.root() === root) {
      for (const { index, id, line } of mismatches) this.#find('leaf-changed', 'the row is what was sealed, the leaf beside it is not', { index, id, line })
      this.#stored = this.#own
    } else this.#resealed()
    this.#own = undefined
    this.#span = spanFrom(this.size)
  }

  #changed (mismatch: Mismatch): void {
    const { index, own, id, line } = mismatch
    const place = { index, id, line }
    if (own === undefined) return this.#find('missing', 'its leaf is there, its row is not', place)
    if (mismatch.leaf === undefined) return this.#find('leaf-changed', 'the row is there, its leaf is not', place)
    const swapped = this.#span.mismatches.find(({ leaf }) => leaf === own)
    if (swapped !== undefined) return this.#find('moved', `what stands here was sealed at place ${swapped.index}`, place)
    const twin = this.#span.leaves.get(own)
    if (twin !== undefined && twin !== index) return this.#find('duplicated', `what stands here was sealed at place ${twin}, where it is, too`, place)
    this.#find('changed', 'its row is not what was sealed', place)
  }

  #resealed (): void {
    const { from, wrongBlock, mismatches, ids } = this.#span
    mismatches.forEach(mismatch => this.#changed(mismatch))
    const first = Math.max(from, wrongBlock?.from ?? from)
    const last = Math.min(this.size, wrongBlock?.to ?? this.size) - 1
    const named = ids.get(first)
    const detail = first === last ? 'row and leaf fit each other, not the root that was signed' : `of places ${first} to ${last} at least one fits its leaf, but not the root that was signed`
    this.#find('resealed', detail, { index: first, lastIndex: last, ...named })
    this.#isLost = true
  }

  #find (problem: SectionProblem, detail: string, { index, lastIndex = index, id, line }: Found): void {
    if (this.findings.length < mismatchesMax) this.findings.push({ problem, detail, index, lastIndex, id, line })
  }
}

/** Stored roots that blocks show: of 256 leaves. */
const blockLevel = 8

const spanFrom = (from: number): Span => ({ from, leaves: new Map(), ids: new Map(), mismatches: [], wrongBlock: undefined })
