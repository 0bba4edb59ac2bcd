// The days that the archive is partitioned by.
//
// D1. A day is a UTC day, named YYYY-MM-DD; the same instant is in the same day everywhere.
// D2. Partitions are made for today and `daysAhead` more, and for any other day within the bounds when an event needs it.
// D3. An event outside the bounds is not archived but recorded as rejected, so that a wild clock can't make partitions without end.

export const dayMs = 24 * 60 * 60 * 1000
export const daysAhead = 3
export const daysBackMax = 400

export function dayOf (atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}

export function partitionName (day: string): string {
  return `events_${day.replaceAll('-', '')}`
}

/** The half-open range of a day, as PostgreSQL reads it. */
export function dayRange (day: string): { readonly from: string, readonly to: string } {
  return { from: `${day}T00:00:00Z`, to: `${dayOf(Date.parse(`${day}T00:00:00Z`) + dayMs)}T00:00:00Z` }
}

export function isWithinBounds (atMs: number, nowMs: number): boolean {
  return atMs >= nowMs - daysBackMax * dayMs && atMs < nowMs + daysAhead * dayMs
}

/** Today and the days ahead, and the days of these instants; sorted, each once. */
export function daysNeeded (nowMs: number, instantsMs: readonly number[]): string[] {
  const days = new Set<string>()
  for (let ahead = 0; ahead <= daysAhead; ahead++) days.add(dayOf(nowMs + ahead * dayMs))
  let lastDayIndex = Number.NaN
  for (const atMs of instantsMs) {
    const dayIndex = Math.floor(atMs / dayMs)
    if (dayIndex === lastDayIndex) continue
    lastDayIndex = dayIndex
    days.add(dayOf(atMs))
  }
  return [...days].sort()
}
