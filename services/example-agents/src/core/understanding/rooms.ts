// How many bedrooms and bathrooms are wanted.
import { countOf, countPattern } from './numbers.ts'

const filler = '(?:[- ]|full |attached |big |large |separate |common |private )*'
const count = `(?<![.\\d])(${countPattern})`
const bedsSaid = new RegExp(`${count}${filler}(?:bed ?-?rooms?|beds?|brs?|bds?|bdrms?|bhk)\\b`, 'gi')
const bathsSaid = new RegExp(`(?<![.\\d])(${countPattern})(?:\\.5)?${filler}(?:bath ?-?rooms?|baths?|bths?|ba)\\b`, 'gi')
const roomsSaid = new RegExp(`${count}[- ]rooms?\\b`, 'gi')
const sameCountTwice = new RegExp(`${count}[- ](?:bed ?rooms?|beds?) (?:and|&) (?:bath ?rooms?|baths?)\\b`, 'gi')
const countAlone = new RegExp(`(?<![\\w.$])(${countPattern})\\b(?!st|nd|rd|th|[.:]\\d)`, 'gi')
const studio = /\ban? (?:\w+ )?studio\b/i

export interface Rooms {
  /** 0 is a studio. */
  readonly beds?: number
  /** Whole bathrooms: the half of "2.5 baths" is left out. */
  readonly baths?: number
}

/** `asked` is what our last reply wanted to know: then a bare number ("four would do") is its answer. */
export function findRooms (text: string, asked: { readonly beds: boolean, readonly baths: boolean }): Rooms {
  const bathsNamed = lastCount(text, bathsSaid)
  const bedsNamed = lastCount(text, bedsSaid) ?? (bathsNamed === undefined || asked.beds ? lastCount(text, roomsSaid) : undefined)
  const bare = bathsNamed === undefined && bedsNamed === undefined ? bareCount(text) : undefined
  const beds = bedsNamed ?? (asked.beds ? bare : undefined) ?? (studio.test(text) ? 0 : undefined)
  const baths = bathsNamed ?? lastCount(text, sameCountTwice) ?? (asked.baths && !asked.beds ? bare : undefined)
  return { ...beds !== undefined ? { beds } : {}, ...baths !== undefined ? { baths } : {} }
}

/** The last one said wins, so that "not two, three bedrooms" gives three. */
function lastCount (text: string, said: RegExp): number | undefined {
  const found = [...text.matchAll(said)].at(-1)?.[1]
  return found === undefined ? undefined : countOf(found)
}

function bareCount (text: string): number | undefined {
  const counts = [...text.matchAll(countAlone)].map(found => found[1] ?? '').filter(word => !/^an?$/i.test(word))
  return countOf(counts.at(-1) ?? '')
}
