// Where the home should be: a place's name after "in" or "near", or as the answer to our question. No list of places: what has a
// capital and stands where a place stands is one, so it works for a city nobody thought of.
import { isTimeWord } from './visit-date.ts'

const capital = '(?:[A-Z][A-Za-z.\'-]*|SF|LA|NYC)'
const placeName = `${capital}(?: ${capital}){0,3}`
const afterPreposition = new RegExp(`(?:\\b[Ii]n|[Ll]ocated in|\\b[Nn]ear|\\b[Aa]round|\\b[Aa]t|\\b[Tt]o|\\b[Oo]f|\\b[Ww]ithin|\\b[Ff]or)(?: the)?(?: city of| area of| town of| \\w+ (?:side|part) of)? (${placeName})`, 'g')
const beforeArea = new RegExp(`(${placeName})(?: area| city| region| neighborhood)\\b`)
const anyPlace = new RegExp(`(?:^|[^A-Za-z'])(${placeName})`, 'g')
const lowerAfterPreposition = /\b(?:in|near|around)(?: the)? ((?:[a-z][a-z'-]+)(?: [a-z][a-z'-]+){0,2})/g

/** Words that have a capital, or follow "in", and are no place. */
const notPlaces = new Set(('i a an the this that these those there here it its my your our their his her me you we they what which where when how who why is are was '
  + 'do does did can could will would should may might must has have had be been am if and or but so not no yes yeah yep sure ok okay well also actually '
  + 'please thanks thank great good nice perfect find search look looking show get give let need want like prefer just only maybe perhaps somewhere something '
  + 'anything any some one two three four five bed beds bath baths bedroom bedrooms bathroom bathrooms room rooms apartment apartments apt house houses home homes '
  + 'property properties place places condo area city town location region neighborhood pets pet furnished fully rent with for from to of at on by near around within '
  + 'hi hello hey mind advance general fact case order total addition person future week month day morning afternoon evening calendar search searching '
  + 'living need make try start schedule visit id ill im ive lets thats which it\'s i\'m i\'d i\'ll i\'ve let\'s that\'s what\'s how\'s each every all it, usd '
  + 'them him us moving about than then now later sometime another other others more').split(/\s+/))
const buildingWord = /\b(?:apartments?|homes?|condos?|condominiums?|housing|villas?|associates)\b/i

export interface AreaContext {
  /** Our last reply asked where. */
  readonly asked: boolean
  /** The home on offer: its name may sound like a place. */
  readonly offer?: string | undefined
}

export function findArea (text: string, context: AreaContext): string | undefined {
  return lastPlace(text, afterPreposition, context)
    ?? placeIn(beforeArea.exec(text)?.[1], context)
    ?? (context.asked ? lastPlace(text, anyPlace, context) : undefined)
    ?? lastPlace(text, lowerAfterPreposition, context)
    ?? (context.asked ? bareAnswer(text, context) : undefined)
}

function lastPlace (text: string, pattern: RegExp, context: AreaContext): string | undefined {
  return [...text.matchAll(pattern)].map(found => placeIn(found[1], context)).findLast(place => place !== undefined)
}

/** The words up to the first that can't be part of a place's name. */
function placeIn (words: string | undefined, context: AreaContext): string | undefined {
  if (words === undefined || buildingWord.test(words)) return undefined
  const kept: string[] = []
  for (const said of words.split(' ')) {
    const word = said.replace(/[.,'-]+$/, '').replace(/'s$/, '')
    if (word === '' || notPlaces.has(word.toLowerCase()) || isTimeWord(word)) {
      if (kept.length > 0) break
      continue
    }
    kept.push(word)
    if (word !== said && !said.endsWith('-')) break
  }
  const place = kept.join(' ')
  const isOffer = context.offer !== undefined && context.offer.toLowerCase().includes(place.toLowerCase())
  return place.length < 2 || isOffer ? undefined : place
}

/** "san mateo preferably" as the whole answer to "where?". */
function bareAnswer (text: string, context: AreaContext): string | undefined {
  const words = text.replace(/[.,!?]/g, ' ').split(' ').filter(word => word !== '')
  return words.length <= 4 ? placeIn(words.join(' '), context) : undefined
}
