// What a person can spend: "under 2500 dollars", "$3,000", "between 2k and 3k a month", "max 450K".
import { withoutContact } from './contact.ts'
import type { LeadSlots } from './lead-intent.ts'

export interface Budget {
  readonly budgetMin?: number
  readonly budgetMax?: number
}

const digits = '(?:\\d{1,3}(?:,\\d{3})+|\\d{1,9})(?:\\.\\d{1,2})?'
const scale = '(?: ?(?:k|thousand|grand|m|mil|million)\\b)?'
const amount = `(\\$? ?)(${digits})(${scale})`
const amounts = new RegExp(`(?<![\\d.,:/#-])${amount}(?![\\d:%]|,\\d|[-/]\\d)`, 'gi')
const ranges = new RegExp(`(?<![\\d.,:/#-])${amount} ?(?:-|to|and) ?${amount}(?![\\d:%]|,\\d|[-/]\\d)`, 'i')
const unitAfter = /^ ?(?:dollars?|usd|bucks|\/ ?mo|(?:a|per|each|every|\/)? ?month\b|monthly)/i
const upperBefore = /\b(?:budget|afford|spend|pay|max(?:imum)?|price|rent|under|below|(?:no|not) (?:more|higher) than|less than|up to|at most|cheaper than|not over)\b[^.!?\d$]{0,24}$/i
const lowerBefore = /(?<!\b(?:no|not) )\b(?:at least|over|above|more than|minimum(?: of)?|min|starting (?:at|from)) ?$/i

/** Under this a bare number is a count of rooms or a day of the month, not money. */
const bareDollarsMin = 300
/** Above this it is no price of a home, but a number that looks like one. */
const dollarsMax = 1_000_000_000

export function findBudget (said: string): Budget {
  const text = withoutContact(said)
  return rangeIn(text) ?? lastAmountIn(text)
}

/** The known slots with the new budget put over the old; a bound that the new one contradicts is dropped. */
export function withBudget (known: LeadSlots, said: Budget): LeadSlots {
  const { budgetMin, budgetMax, ...rest } = { ...known, ...said }
  const contradicts = budgetMin !== undefined && budgetMax !== undefined && budgetMin > budgetMax
  return {
    ...rest,
    ...budgetMin !== undefined && !(contradicts && said.budgetMin === undefined) ? { budgetMin } : {},
    ...budgetMax !== undefined && !(contradicts && said.budgetMax === undefined) ? { budgetMax } : {}
  }
}

function rangeIn (text: string): Budget | undefined {
  const found = ranges.exec(text)
  if (found === null) return undefined
  const [, sign, low = '', lowScale = '', , high = '', highScale = ''] = found
  const isMoney = sign?.startsWith('$') === true || highScale !== '' || unitAfter.test(text.slice(found.index + found[0].length)) || upperBefore.test(text.slice(0, found.index))
  // "2 to 3k" means thousands both times.
  const least = dollarsOf(low, lowScale === '' && dollarsOf(low, '') < bareDollarsMin ? highScale : lowScale)
  const most = dollarsOf(high, highScale)
  const looksLikeMoney = isMoney || /\b(?:between|from|budget|price|rent)\b/i.test(text)
  return looksLikeMoney && least >= bareDollarsMin && least <= most && most <= dollarsMax ? { budgetMin: least, budgetMax: most } : undefined
}

/** The last one said wins, so that "not 2000, 2500 at most" gives 2500. */
function lastAmountIn (text: string): Budget {
  let budget: Budget = {}
  for (const found of text.matchAll(amounts)) {
    const [whole, sign = '', number = '', factor = ''] = found
    const before = text.slice(0, found.index)
    const dollars = dollarsOf(number, factor)
    const isLower = lowerBefore.test(before)
    // "500 m" alone is a distance.
    const isMarked = sign.startsWith('$') || /^ ?[^m ]|^ ?mil/i.test(factor) || unitAfter.test(text.slice(found.index + whole.length))
    const isMoney = isMarked || (dollars >= bareDollarsMin && (isLower || upperBefore.test(before)))
    if (isMoney && dollars <= dollarsMax) budget = isLower ? { budgetMin: dollars } : { budgetMax: dollars }
  }
  return budget
}

function dollarsOf (number: string, factor: string): number {
  const times = /^ ?(?:k|thousand|grand)$/i.test(factor) ? 1_000 : factor === '' ? 1 : 1_000_000
  return Math.round(Number(number.replaceAll(',', '')) * times)
}
