// Which days may go, and which must stay.
//
// H1. A day goes only when all of it is older than what is kept, and no hold touches it. A hold keeps whole days, whatever of them it is
//     about: a day is one table.
// H2. The newest change of a hold counts; one that can't be read keeps everything, since nobody knows what it means.

import { dayMs } from './days.ts'

export interface Hold {
  readonly holdId: string
  readonly fromMs: number
  readonly toMs: number
}

export interface HoldChange {
  readonly entity: string
  /** JSON, as the archive gives it back; null once it was released. */
  readonly after: unknown
}

export interface DayPlan {
  readonly drop: readonly string[]
  readonly held: readonly string[]
}

const prefix = 'hold/'

/** Of the newest change of each hold, those that are in force. */
export function holdsIn (changes: readonly HoldChange[]): Hold[] {
  return changes.filter(({ entity, after }) => entity.startsWith(prefix) && after !== null).map(({ entity, after }) => {
    const { fromMs, toMs } = (typeof after === 'object' ? after : {}) as { readonly fromMs?: unknown, readonly toMs?: unknown }
    const isRead = Number.isFinite(fromMs) && Number.isFinite(toMs)
    return { holdId: entity.slice(prefix.length), fromMs: isRead ? fromMs as number : -Infinity, toMs: isRead ? toMs as number : Infinity }
  })
}

export function isHeld (day: string, holds: readonly Hold[]): boolean {
  const fromMs = Date.parse(`${day}T00:00:00Z`)
  return holds.some(hold => hold.fromMs < fromMs + dayMs && hold.toMs >= fromMs)
}

/** `days` are those that there are. */
export function daysToDrop (days: readonly string[], holds: readonly Hold[], keptDays: number, nowMs: number): DayPlan {
  const old = days.filter(day => Date.parse(`${day}T00:00:00Z`) + dayMs <= nowMs - keptDays * dayMs).sort()
  return { drop: old.filter(day => !isHeld(day, holds)), held: old.filter(day => isHeld(day, holds)) }
}
