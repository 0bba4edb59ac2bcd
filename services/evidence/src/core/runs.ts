// Runs of places, as few as possible: overlapping and touching ones become one.

import type { Run } from './proofs.ts'

export function mergedRuns (runs: readonly Run[]): Run[] {
  const merged: { from: number, to: number }[] = []
  for (const { from, to } of runs.filter(run => run.from < run.to).sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else merged.push({ from, to })
  }
  return merged
}
