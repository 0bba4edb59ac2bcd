// Parsers of arguments; what they throw, commander shows with the option's name.
import { InvalidArgumentError } from 'commander'

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
