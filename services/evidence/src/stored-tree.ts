// A log's hashes as they are stored in the archive's tables: `leaf_runs` has those of the leaves, `subtrees` the roots of whole
// subtrees of 2^8, 2^16, … leaves.
//
// S1. A run of leaves never crosses a multiple of 256, so what is read for a hash is bounded: 128 rows, or 256 leaves.
// S2. Nothing is believed here: whoever compares what was read with a signed root finds out.

import { levelsOf, sha256, type Hash } from '@mesh/signing/merkle'
import { beginOf, coverOf, leavesOf, type Subtree } from './core/cover.ts'
import { Frontier, hashesFrom } from './core/frontier.ts'
import type { Run } from './core/proofs.ts'
import type { RowField } from './core/row.ts'

/** A query with its parameters; what a database client's `query` does. */
export type Query = (text: string, values: readonly unknown[]) => Promise<QueryResult>

export interface QueryResult {
  readonly rows: readonly Record<string, unknown>[]
  readonly fields: readonly RowField[]
}

/** Every how many levels a subtree's root is stored. */
export const storedLevels = 8
export const runLeavesMax = leavesOf(storedLevels)

export class StoredTreeError extends Error {
  override readonly name = 'StoredTreeError'
  readonly code = 'HASHES_MISSING'
  readonly retriable = false
}

export interface StoredTree {
  /** Size and right edge, as stored; undefined where the log was never begun. */
  state (): Promise<{ readonly size: number, readonly frontier: Frontier } | undefined>
  /** The leaves that are there, by index. */
  leaves (run: Run): Promise<Map<number, Hash>>
  /** Undefined where none is stored. */
  storedSubtree (node: Subtree): Promise<Hash | undefined>
  /** Throws where hashes are missing. */
  subtree (node: Subtree): Promise<Hash>
  /** The right edge of the tree of the first `size` leaves. */
  frontierAt (size: number): Promise<Frontier>
  /** Roots of the trees over these runs, as proofs want them. */
  hashesOf (runs: readonly Run[]): Promise<Hash[]>
}

export function storedTree (query: Query, schema: string, log: number): StoredTree {
  const tree: StoredTree = {
    async state () {
      const { rows: [row] } = await query(`SELECT size, frontier FROM ${schema}.logs WHERE log = $1`, [log])
      return row === undefined ? undefined : { size: Number(row.size), frontier: Frontier.fromBytes(Number(row.size), row.frontier as Buffer) }
    },
    async leaves ({ from, to }) {
      const { rows } = await query(`SELECT first_index, hashes FROM ${schema}.leaf_runs WHERE log = $1 AND first_index > $2 AND first_index < $3 ORDER BY first_index`,
        [log, from - runLeavesMax, to])
      const leaves = new Map<number, Hash>()
      for (const row of rows) {
        const first = Number(row.first_index)
        hashesFrom(row.hashes as Buffer).forEach((hash, i) => { if (first + i >= from && first + i < to) leaves.set(first + i, hash) })
      }
      return leaves
    },
    async storedSubtree ({ level, position }) {
      const { rows: [row] } = await query(`SELECT hash FROM ${schema}.subtrees WHERE log = $1 AND level = $2 AND position = $3`, [log, level, position])
      return (row?.hash as Buffer | undefined)?.toString('latin1')
    },
    async subtree (node) {
      const level = Math.floor(node.level / storedLevels) * storedLevels
      const count = leavesOf(node.level - level)
      const hashes = await below(node, level, count)
      if (hashes.length !== count) throw new StoredTreeError(`log ${log} lacks hashes of its leaves ${beginOf(node)} to ${beginOf(node) + leavesOf(node.level) - 1}`)
      return levelsOf(hashes, sha256).at(-1)![0]!
    },
    async frontierAt (size) {
      const frontier = new Frontier()
      for (const node of coverOf(0, size)) frontier.append(await tree.subtree(node), node.level)
      return frontier
    },
    async hashesOf (runs) {
      const hashes: Hash[] = []
      for (const { from, to } of runs) {
        const pieces: Hash[] = []
        for (const node of coverOf(from, to)) pieces.push(await tree.subtree(node))
        hashes.push(pieces.reduceRight((right, left) => sha256.node(left, right)))
      }
      return hashes
    }
  }
  /** What is stored of the subtree at the level below it. */
  async function below ({ level, position }: Subtree, storedLevel: number, count: number): Promise<Hash[]> {
    if (storedLevel === 0) return [...(await tree.leaves({ from: position * leavesOf(level), to: (position + 1) * leavesOf(level) })).values()]
    const { rows } = await query(`SELECT hash FROM ${schema}.subtrees WHERE log = $1 AND level = $2 AND position >= $3 AND position < $4 ORDER BY position`,
      [log, storedLevel, position * count, (position + 1) * count])
    return rows.map(row => (row.hash as Buffer).toString('latin1'))
  }
  return tree
}
