// What a person can spend: "under 2500 dollars", "$3,000", "between 2k and 3k a month", "max 450K".

export interface Budget {
  readonly budgetMin?: number
  readonly budgetMax?: number
}

const amount = '\\$ ?(\\d{1,3}(?:,\\d{3})+|\\d+(?:\\.\\d+)?) ?(k|m|thousand|grand|million)?|(\\d{1,3}(?:,\\d{3})+|\\d+(?:\\.\\d+)?) ?(k|m|thousand|grand|million)?'
const money = new RegExp(`(?:${amount})\\b`, 'gi')
const range = /\b(?:between|from)\b|\d ?(?:k|m)?\s?(?:-|to)\s?\$?\d/i
const lowerBound = /\b(?:at least|over|above|more than|minimum(?: of)?|min|starting (?:at|from))\s*\$?\s*$/i
const budgetWord = /\b(?:budget|afford|spend|pay|max(?:imum)?|price|rent|under|below|less than|up to|at most|no more than|within|around|about|cheaper than|not over)\b/i
const unitAfter = /^\s*(?:dollars?|usd|bucks|\/?\s?(?:a|per|each|every)? ?mo(?:nth)?\b|monthly|a month|per month)/i
const budgetWordBefore = /\b(?:budget|afford|spend|pay|max(?:imum)?|price|rent|under|below|less than|up to|at most|no more than|cheaper than|not over)\b[^.!?\d$]{0,24}$/i

/** Under this a bare number is a count of rooms or a day of the month, not money. */
const bareDollarsMin = 300

export function findBudget (text: string): Budget {
  const amounts = amountsOf(text)
  const first = amounts[0]
  if (first === undefined) return {}
  const second = amounts[1]
  if (second !== undefined && range.test(text)) {
    return { budgetMin: Math.min(first.dollars, second.dollars), budgetMax: Math.max(first.dollars, second.dollars) }
  }
  const last = amounts.at(-1) ?? first
  return lowerBound.test(last.before) ? { budgetMin: last.dollars } : { budgetMax: last.dollars }
}

interface Amount { readonly dollars: number, readonly before: string }

function amountsOf (text: string): readonly Amount[] {
  const ranged = range.test(text) && budgetWord.test(text)
  return [...text.matchAll(money)].flatMap(found => {
    const dollars = dollarsOf(found[1] ?? found[3] ?? '', found[2] ?? found[4] ?? '')
    const before = text.slice(0, found.index)
    const after = text.slice(found.index + found[0].length)
    if (/[\d.-]$/.test(before) || /^[-/]\d/.test(after) && !ranged) return []
    const hasSign = found[0].startsWith('$') || unitAfter.test(after)
    const isPrice = hasSign || dollars >= bareDollarsMin && (ranged || budgetWordBefore.test(before) || lowerBound.test(before))
    return isPrice ? [{ dollars, before }] : []
  })
}

function dollarsOf (digits: string, scale: string): number {
  const factor = /^(?:k|thousand|grand)$/i.test(scale) ? 1_000 : /^(?:m|million)$/i.test(scale) ? 1_000_000 : 1
  return Math.round(Number(digits.replaceAll(',', '')) * factor)
}
