// Which part of each log a time covers, as the signed statements say.
//
// V1. The clocks of brokers and archivers may differ by `clockSkewMs`: what was archived a little earlier or later is covered, too.
// V2. Statements between the first and the last that count must all be there; so nobody can leave one out and move the bounds.

import type { Run } from './proofs.ts'
import type { LogHead } from './statement.ts'

export const clockSkewMs = 5 * 60 * 1000

/** What is known of a statement: its place, and its heads where it has some. */
export interface HeadsAt {
  readonly index: number
  readonly atMs: number
  readonly heads: readonly LogHead[]
}

export interface Coverage {
  /** Of the statements themselves. */
  readonly statements: Run
  readonly logs: ReadonlyMap<number, Run>
}

/** Of all heads in the order of their places, those of the last statement among them. */
export function coverageOf (heads: readonly HeadsAt[], fromMs: number, toMs: number): Coverage {
  const before = heads.findLast(({ atMs }) => atMs <= fromMs - clockSkewMs)
  const after = heads.find(({ atMs }) => atMs >= toMs + clockSkewMs) ?? heads.at(-1)
  const begins = sizesOf(before)
  const logs = new Map((after?.heads ?? []).map(({ log, size }) => [log, { from: begins.get(log) ?? 0, to: size }]))
  return { statements: { from: before?.index ?? 0, to: (after?.index ?? -1) + 1 }, logs }
}

const sizesOf = (at: HeadsAt | undefined): Map<number, number> => new Map((at?.heads ?? []).map(({ log, size }) => [log, size]))
