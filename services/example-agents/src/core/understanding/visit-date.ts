// The day of a visit, in the words it was said with.

const weekday = '(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)'
const month = '(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)'
const day = '(?:3[01]|[12]?\\d)(?:st|nd|rd|th)'
const anyDay = '(?:3[01]|[12]\\d|0?[1-9])(?:st|nd|rd|th)?'

// In this order: where two could match at one place, the longer is first.
const pattern = new RegExp(`\\b(?:${[
  `${weekday},? (?:the )?${anyDay} (?:of )?${month}`,
  `${day} (?:of )?(?:this|next|the) month`,
  `${anyDay} (?:of )?${month}`,
  `${month},? (?:the )?${anyDay}(?![\\d:])`,
  'day after tomorrow',
  '(?:later|earlier) (?:today|tomorrow)',
  'today|tonight|tomorrow',
  `${weekday},? (?:of )?(?:this|next|the following) week`,
  `(?:this|next|coming|following) ${weekday}`,
  `the ${day}(?! (?:of )?(?:this|next|the) month| (?:of )?${month})`,
  `(?:0?[1-9]|1[0-2])/${anyDay}(?:/\\d{2,4})?`,
  '(?:this|next) (?:weekend|week)',
  weekday,
  day
].join('|')})\\b`, 'gi')

/** The last one said wins, so that "not the 10th, make it the 12th" gives the 12th. */
export function findVisitDate (text: string): string | undefined {
  const found = [...text.matchAll(pattern)].at(-1)?.[0]
  if (found === undefined) return undefined
  // "on 11th" and "on the 11th" name the same day; one way of saying it is kept.
  return new RegExp(`^${day}$`, 'i').test(found) ? `the ${found}` : found
}

/** Whether the text is a date and nothing else ("May" alone is no date). */
export function isTimeWord (word: string): boolean {
  return new RegExp(`^(?:${weekday}|${month})$`, 'i').test(word)
}
