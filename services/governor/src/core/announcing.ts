// What of the measured is worth a record: every reader of mesh.pressure reads all of it.
//
// Invariants:
//   A1. Compared is with what the topic says, whoever wrote it: of several governors that measure alike, one writes.
//   A2. Pressed or not, something or nothing, health and number of instances are always said. Quantities are said when they moved by changeShare.
//   A3. An agent that is gone, or was not measured for unknownAfterMs, is taken away: unknown is not zero.
import type { ClassPressure, Pressure } from '@mesh/schemas'

const changeShare = 0.05
/** Moves below these say nothing, however large their share. */
const leastMoves = { waitingRecords: 1, oldestAgeMs: 50, drainPerS: 0.1, expectedWaitMs: 20 } as const
export const unknownAfterMs = 5_000

export interface Announcement {
  readonly puts: readonly Pressure[]
  readonly gone: readonly string[]
}

/** `measuredAtMs`: when each agent was last measured, by the clock of `nowMs`. */
export function whatToSay (
  measured: ReadonlyMap<string, Pressure>, said: ReadonlyMap<string, Pressure>, measuredAtMs: ReadonlyMap<string, number>, nowMs: number
): Announcement {
  const puts = [...measured.values()].filter(pressure => {
    const before = said.get(pressure.agent)
    if (before === undefined || pressure.health !== before.health || pressure.instances !== before.instances) return true
    return pressure.classes.some((one, priority) => hasMoved(one, before.classes[priority]))
  })
  const gone = [...said.keys()].filter(agent => !(nowMs - (measuredAtMs.get(agent) ?? -Infinity) <= unknownAfterMs))
  return { puts, gone }
}

function hasMoved (now: ClassPressure, before: ClassPressure | undefined): boolean {
  if (before === undefined || now.isPressed !== before.isPressed || (now.waitingRecords === 0) !== (before.waitingRecords === 0)) return true
  return (Object.keys(leastMoves) as (keyof typeof leastMoves)[]).some(field => {
    const move = Math.abs(now[field] - before[field])
    return move >= leastMoves[field] && move > changeShare * Math.abs(before[field])
  })
}
