// Schemas of single fields, made from the bounds and patterns of core/field-rules.ts.
import { z } from 'zod'
import { agentNameProblem, firstRepeated, type TextRule } from './core/field-rules.ts'

export const text = (rule: TextRule) => z.string().regex(rule.pattern, { error: rule.says })
export const countUpTo = (max: number) => z.int().min(1).max(max)
export const amountUpTo = (max: number) => z.int().min(0).max(max)

/** Says its whole range, whatever is wrong: a number that JSON can't carry (NaN, infinity) arrives as null, or not at all. */
export const numberIn = (min: number, max: number, what: string, isWhole: boolean) => {
  const error = `must be ${what} from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`
  return (isWhole ? z.int({ error }) : z.number({ error })).min(min, { error }).max(max, { error })
}
export const wholeIn = (min: number, max: number) => numberIn(min, max, 'a whole number', true)
export const millisecondsIn = (min: number, max: number) => numberIn(min, max, 'a whole number of milliseconds', true)

/** A list without repeats; a capability or dependency named twice is a contradiction of the request with itself. */
export const distinct = (entries: z.ZodType<string>, max: number) => z.array(entries).max(max).superRefine((items, context) => {
  const repeated = firstRepeated(items)
  if (repeated !== undefined) context.addIssue({ code: 'custom', message: `${repeated} is listed twice` })
})

export const agentName = z.string().superRefine((name, context) => {
  const problem = agentNameProblem(name)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
})
