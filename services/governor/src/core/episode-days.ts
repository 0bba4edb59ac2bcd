// What happened to a circuit in the last 30 days, day by day. The record of the circuit keeps it, so the counts outlive
// any governor.
import type { CircuitDay } from '@mesh/schemas'

export type DayCounts = Partial<Omit<CircuitDay, 'day'>>

export const daysMax = 30
const dayMs = 24 * 60 * 60 * 1_000
const dayOf = (ms: number): number => Math.floor(ms / dayMs)

export function withCounts (days: readonly CircuitDay[], counts: DayCounts, nowMs: number): CircuitDay[] {
  const day = dayOf(nowMs)
  const before = days.find(one => one.day === day) ?? { day, trips: 0, recoveries: 0, callsBlocked: 0 }
  const today = {
    day,
    trips: before.trips + (counts.trips ?? 0),
    recoveries: before.recoveries + (counts.recoveries ?? 0),
    callsBlocked: before.callsBlocked + (counts.callsBlocked ?? 0)
  }
  return [...days.filter(one => one.day !== day && one.day > day - daysMax), today].sort((a, b) => a.day - b.day)
}

export function countsOf (days: readonly CircuitDay[], nowMs: number): Required<DayCounts> {
  const recent = days.filter(({ day }) => day > dayOf(nowMs) - daysMax)
  const sum = (field: keyof DayCounts) => recent.reduce((total, one) => total + one[field], 0)
  return { trips: sum('trips'), recoveries: sum('recoveries'), callsBlocked: sum('callsBlocked') }
}
