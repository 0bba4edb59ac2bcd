// A digest over positions that can be made step by step.
//
// G1. Positions are told as maximal runs [from, to] in ascending order: D = SHA-256(D before || from || to), both as eight bytes, big end
//     first, and 32 zero bytes before the first run. It depends on the positions alone, not on how they were read.

import { createHash } from 'node:crypto'
import type { DayPositions } from './day-positions.ts'

export const noRuns = '00'.repeat(32)

export function chainedRun (digest: string, from: number, to: number): string {
  const bytes = Buffer.alloc(48)
  bytes.write(digest, 'hex')
  bytes.writeBigUInt64BE(BigInt(from), 32)
  bytes.writeBigUInt64BE(BigInt(to), 40)
  return createHash('sha256').update(bytes).digest('hex')
}

export function digestOfRuns (runs: Iterable<readonly [from: number, to: number]>): string {
  let digest = noRuns
  for (const [from, to] of runs) digest = chainedRun(digest, from, to)
  return digest
}

/** Over all positions of the day so far. */
export const digestOf = ({ closedDigest, runFrom, lastOffset }: Pick<DayPositions, 'closedDigest' | 'runFrom' | 'lastOffset'>): string =>
  chainedRun(closedDigest, runFrom, lastOffset)
