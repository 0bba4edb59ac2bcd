// Parsers of arguments; what they throw, commander shows with the option's name.
import { InvalidArgumentError } from 'commander'
import { sinceMs } from '../core/since.ts'
import { rangeProblem, zonedInstantMs, type TimeRange } from '../core/time-range.ts'
import { CliError } from '../errors.ts'

export const wholeNumber = (min: number, max: number) => (text: string): number => {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
}

export function positiveNumber (text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a number above 0.')
}

export function quotaId (text: string): string {
  if (/^(agent|role)\/[^/]+$/.test(text)) return text
  throw new InvalidArgumentError('It must be agent/NAME or role/ROLE.')
}

export function agentQuotaId (text: string): string {
  if (/^agent\/[^/]+$/.test(text)) return text
  throw new InvalidArgumentError('It must be agent/NAME; a role always has a quota, set it to another one.')
}

export function deadLetterPlace (text: string): string {
  if (/^\d{1,4}\/\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text.split('/')[1]))) return text
  throw new InvalidArgumentError('It must be PARTITION/OFFSET, such as 0/12; `mesh dead-letters list` shows them.')
}

export function holdId (text: string): string {
  if (/^[a-z][a-z0-9_-]{0,62}$/.test(text)) return text
  throw new InvalidArgumentError('It must be 1 to 63 of a-z, 0-9, - and _, beginning with a letter.')
}

export function instant (text: string): number {
  const atMs = sinceMs(text, Date.now())
  if (atMs !== undefined) return atMs
  throw new InvalidArgumentError('It must be how long ago (90s, 30m, 2h, 7d) or an ISO time.')
}

export function zonedInstant (text: string): number {
  const atMs = zonedInstantMs(text, Date.now())
  if (atMs !== undefined) return atMs
  throw new InvalidArgumentError('It must be how long ago (90s, 30m, 2h, 7d), a day (2026-11-22, in UTC), or an ISO time with its zone (2026-11-22T08:00Z).')
}

export interface RangeFlags {
  readonly from: number
  readonly to?: number
}

const rangeDaysMax = 400

export function auditRange ({ from, to }: RangeFlags): TimeRange {
  const range = { fromMs: from, toMs: to ?? Date.now() }
  const problem = rangeProblem(range, rangeDaysMax)
  if (problem !== undefined) throw new CliError('RANGE_INVALID', problem)
  return range
}
