// What was refused, counted.
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'

export const violationGroups = ['reason', 'agent'] as const
export type ViolationGroup = typeof violationGroups[number]

export interface Violation {
  readonly reason: string | null
  readonly agent: string | null
  readonly count: number
  readonly firstAt: string
  readonly lastAt: string
}

export const violationHeadings = (by: ViolationGroup | undefined): string[] => by === undefined ? ['reason', 'agent', 'refused', 'first', 'last'] : [by, 'refused', 'first', 'last']

export function violationRows (violations: readonly Violation[], by: ViolationGroup | undefined, paint: Paint): string[][] {
  return violations.map(({ reason, agent, count, firstAt, lastAt }) => {
    const names = by === 'reason' ? [reason] : by === 'agent' ? [agent] : [reason, agent]
    return [...names.map(printable), paint.bad(String(count)), firstAt, lastAt]
  })
}
