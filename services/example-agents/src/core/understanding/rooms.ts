// How many bedrooms and bathrooms are wanted.
import { countOf, countPattern } from './numbers.ts'

const filler = '(?:[- ]|full |attached |big |large |separate |common |private )*'
const bedsSaid = new RegExp(`\\b(${countPattern})${filler}(?:bed ?-?rooms?|beds?|brs?|bdrms?|bhk)\\b`, 'gi')
const bathsSaid = new RegExp(`\\b(${countPattern})${filler}(?:bath ?-?rooms?|baths?|bths?|ba)\\b`, 'gi')
const roomsSaid = new RegExp(`\\b(${countPattern})[- ]rooms?\\b`, 'gi')
const sameCountTwice = new RegExp(`\\b(${countPattern})[- ](?:bed ?rooms?|beds?) (?:and|&) (?:bath ?rooms?|baths?)\\b`, 'i')
const countAlone = new RegExp(`\\b(${countPattern})\\b`, 'gi')

export interface Rooms {
  readonly beds?: number
  readonly baths?: number
}

/** `asked` is what our last reply wanted to know: then a bare number ("four would do") is its answer. */
export function findRooms (text: string, asked: { readonly beds: boolean, readonly baths: boolean }): Rooms {
  const both = lastCount(text, [sameCountTwice])
  const beds = lastCount(text, [bedsSaid]) ?? (asked.beds || !bathsSaid.test(text) ? lastCount(text, [roomsSaid]) : undefined)
  bathsSaid.lastIndex = 0
  const baths = lastCount(text, [bathsSaid]) ?? both
  const bare = beds === undefined && baths === undefined && (asked.beds || asked.baths) ? bareCount(text) : undefined
  return {
    ...beds !== undefined ? { beds } : asked.beds && bare !== undefined ? { beds: bare } : {},
    ...baths !== undefined ? { baths } : asked.baths && !asked.beds && bare !== undefined ? { baths: bare } : {}
  }
}

/** The last one said wins, so that "not two, three bedrooms" gives three. */
function lastCount (text: string, patterns: readonly RegExp[]): number | undefined {
  for (const pattern of patterns) {
    const found = [...text.matchAll(new RegExp(pattern, 'gi'))].at(-1)?.[1]
    if (found !== undefined) return countOf(found)
  }
  return undefined
}

function bareCount (text: string): number | undefined {
  const counts = [...text.matchAll(countAlone)].map(found => found[1] ?? '').filter(word => !/^an?$/i.test(word))
  return counts.length > 0 ? countOf(counts.at(-1) ?? '') : undefined
}
