// How far a replay has come: what is kept beside its output, so that a killed one goes on.
//
// Invariants:
//   S1. It names the replay it belongs to; another range, filter or output is refused.
//   S2. It is written after the output that it speaks of was flushed. So it is never ahead of the output.
import type { ArchivePlace } from './replay-order.ts'

export interface ReplayOf {
  readonly fromMs: number
  readonly toMs: number
  readonly filter: string | null
  readonly output: string
  readonly topic: string
}

export interface ReplayState {
  readonly version: 1
  readonly replay: ReplayOf
  /** What was told last of the archive; null at its beginning. */
  readonly archive: ArchivePlace | null
  /** Where each audit partition is to be read on, once the archive's part is done. */
  readonly offsets: Readonly<Record<string, number>> | null
  /** Time of the last event that was looked at. */
  readonly atMs: number
  readonly seamMs: number
  readonly events: number
  /** Length of the output file that these events make; 0 for a topic. */
  readonly outBytes: number
  readonly isDone: boolean
}

/** What is wrong with going on, or undefined. */
export function resumeProblem (state: ReplayState, wanted: Omit<ReplayOf, 'fromMs' | 'toMs'>): string | undefined {
  for (const name of ['filter', 'output', 'topic'] as const) {
    if (state.replay[name] !== wanted[name]) return `the state is of a replay with another ${name}: ${JSON.stringify(state.replay[name])}`
  }
  return undefined
}

export function parseState (text: string): ReplayState | undefined {
  try {
    const state = JSON.parse(text) as ReplayState
    const isState = state.version === 1 && typeof state.events === 'number' && typeof state.outBytes === 'number' && typeof state.replay?.output === 'string'
    return isState ? state : undefined
  } catch {
    return undefined
  }
}
