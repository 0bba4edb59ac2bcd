// How far behind each agent is, as rows of a table: one for each agent and class.
//
// Invariants:
//   P1. What the governor said is true for as long as it goes on saying something; after that it is old, and said to be.
import type { Pressure } from '@mesh/schemas'
import { duration } from './duration.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'

/** As coordinators do: older than this is unknown. */
export const silentAfterMs = 10_000

export interface PressureLine {
  readonly agent: string
  readonly priority: number
  readonly waitingRecords: number
  readonly oldestAgeMs: number
  readonly drainPerS: number
  readonly expectedWaitMs: number
  readonly isPressed: boolean
}

export const pressureHeadings = ['agent', 'class', 'waiting', 'oldest', 'drain/s', 'expected wait', 'pressed']

export function pressureLines (pressures: readonly Pressure[]): PressureLine[] {
  return pressures.toSorted((a, b) => a.agent < b.agent ? -1 : 1)
    .flatMap(({ agent, classes }) => classes.map((of, priority): PressureLine => ({ agent, priority, ...of })))
}

export function pressureRows (lines: readonly PressureLine[], paint: Paint): string[][] {
  return lines.map(({ agent, priority, waitingRecords, oldestAgeMs, drainPerS, expectedWaitMs, isPressed }) => [
    printable(agent),
    `P${priority}`,
    String(waitingRecords),
    waitingRecords === 0 ? '' : duration(oldestAgeMs),
    drainPerS.toFixed(1),
    (isPressed ? paint.bad : paint.good)(duration(expectedWaitMs)),
    isPressed ? paint.bad('pressed') : ''
  ])
}

/** What to say where the governor has not spoken lately, else undefined. */
export function silence (newestAtMs: number | null, nowMs: number): string | undefined {
  if (newestAtMs === null) return 'The governor has said nothing yet: does it run?'
  const ageMs = nowMs - newestAtMs
  return ageMs <= silentAfterMs ? undefined : `The governor has been silent for ${duration(ageMs)}: what is shown is as old as that, and coordinators take it as unknown.`
}
