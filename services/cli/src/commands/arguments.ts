// Parsers of arguments; what they throw, commander shows with the option's name.
import { InvalidArgumentError } from 'commander'

export const wholeNumber = (min: number, max: number) => (text: string): number => {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
}
