// Where the home should be: a place's name after "in" or "near", or as the answer to our question. No list of places: what has a
// capital and stands where a place stands is one, so it works for a city nobody thought of.
import { isTimeWord } from './visit-date.ts'

const capital = '(?:[A-Z][A-Za-z.\'-]*|SF|LA|NYC)'
const placeName = `${capital}(?: ${capital}){0,3}`
const afterPreposition = new RegExp(`(?:\\b[Ii]n|[Ll]ocated in|\\b[Nn]ear|\\b[Aa]round|\\b[Aa]t|\\b[Tt]o|\\b[Oo]f|\\b[Ww]ithin|\\b[Ff]or)(?: the)?(?: city of| area of| town of| \\w+ (?:side|part) of)? (${placeName})`, 'g')
const beforeArea = new RegExp(`(${placeName})(?: area| city| region| neighborhood)\\b`)
const anyPlace = new RegExp(`(?:^|[^A-Za-z'])(${placeName})`, 'g')
// Without capitals "in" alone says little: what follows must end where a place's name ends.
const lowerAfterPreposition = /\b[Ii]n ((?:[a-z][a-z'-]+)(?: [a-z][a-z'-]+){0,3})/gi

/** Words that begin or end the names of many places: next to them a word without a capital belongs to the name. */
const placeBeginnings = /^(?:san|santa|los|las|el|la|le|del|st|saint|fort|mount|mt|new|north|south|east|west|port|palo|lake)$/i
const placeEndings = /^(?:city|creek|park|hills?|view|valley|grove|heights|beach|springs|point|island|bay|lake|oaks|village|town|falls|bridge|field|wood|ridge|mesa|rosa|harbor)$/i

/** Words that have a capital, or follow "in", and are no place. */
const notPlaces = new Set(('i a an the this that these those there here it its my your our their his her me you we they what which where when how who why is are was '
  + 'do does did can could will would should may might must has have had be been am if and or but so not no yes yeah yep sure ok okay well also actually '
  + 'please thanks thank great good nice perfect find search look looking show get give let need want like prefer just only maybe perhaps somewhere something '
  + 'anything any some one two three four five bed beds bath baths bedroom bedrooms bathroom bathrooms room rooms apartment apartments apt house houses home homes '
  + 'property properties place places condo area city town location region neighborhood pets pet furnished fully rent with for from to of at on by near around within '
  + 'hi hello hey mind advance general fact case order total touch such market building there terms not in addition person future week month day morning afternoon evening calendar search searching '
  + 'living need make try start schedule visit id ill im ive lets thats which it\'s i\'m i\'d i\'ll i\'ve let\'s that\'s what\'s how\'s each every all it, usd '
  + 'them him us moving about than then now later sometime another other others more').split(/\s+/))
const buildingWord = /\b(?:apartments?|homes?|condos?|condominiums?|housing|villas?|associates)\b/i

const placeCharsMax = 60

export interface AreaContext {
  /** Our last reply asked where. */
  readonly asked: boolean
  /** The home on offer: its name may sound like a place. */
  readonly offer?: string | undefined
}

export function findArea (text: string, context: AreaContext): string | undefined {
  const spread = withCapitals(text)
  return lastPlace(spread, afterPreposition, context)
    ?? placeIn(beforeArea.exec(spread)?.[1], context)
    ?? (context.asked ? lastPlace(spread, anyPlace, context) : undefined)
    ?? lowerPlace(text, context)
    ?? (context.asked ? bareAnswer(text, context) : undefined)
}

/** "San jose" and "Walnut creek" get the capital they lack, so that one rule reads both. */
function withCapitals (text: string): string {
  return text
    .replace(/\b(san|santa|los|las|palo) (?=[A-Z])/g, beginning => beginning.charAt(0).toUpperCase() + beginning.slice(1))
    .replace(/\b(San|Santa|Los|Las|Palo|South San) ([a-z])/g, (_, beginning: string, letter: string) => `${beginning} ${letter.toUpperCase()}`)
    .replace(/\b([A-Z][a-z]+) (creek|city|park|hills?|view|valley|grove|heights|beach|springs|point|rosa)\b/g,
      (_, beginning: string, ending: string) => `${beginning} ${ending.charAt(0).toUpperCase()}${ending.slice(1)}`)
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
    const before = kept.at(-1)
    if (!isPlaceWord(word, before)) {
      if (before !== undefined) break
      continue
    }
    kept.push(word)
    if (word !== said && !placeBeginnings.test(word)) break
  }
  const place = kept.join(' ')
  const isOffer = context.offer !== undefined && context.offer.toLowerCase().includes(place.toLowerCase())
  return place.length < 2 || place.length > placeCharsMax || isOffer ? undefined : place
}

function isPlaceWord (word: string, before: string | undefined): boolean {
  if (word === '' || isTimeWord(word)) return false
  if (before !== undefined && (placeBeginnings.test(before) || (/^[A-Z]/.test(word) && placeEndings.test(word)))) return true
  return !notPlaces.has(word.toLowerCase())
}

/** "in san mateo preferably": without capitals a name is one word, or as many as its beginning or ending words tell. */
function lowerPlace (text: string, context: AreaContext): string | undefined {
  return [...text.matchAll(lowerAfterPreposition)].map(found => uncapitalised(found[1] ?? '', context)).findLast(place => place !== undefined)
}

function uncapitalised (said: string, context: AreaContext): string | undefined {
  const kept: string[] = []
  for (const word of said.split(' ')) {
    const before = kept.at(-1)
    const joins = before === undefined ? !notPlaces.has(word.toLowerCase()) && !/ing$/.test(word) : placeBeginnings.test(before) || placeEndings.test(word)
    if (!joins) break
    kept.push(word)
  }
  return placeIn(kept.join(' '), context)
}

/** "san mateo" as the whole answer to "where?". */
function bareAnswer (text: string, context: AreaContext): string | undefined {
  const words = text.replace(/[.,!?]/g, ' ').split(' ').filter(word => word !== '')
  return words.length <= 4 ? words.map((_, at) => uncapitalised(words.slice(at).join(' '), context)).find(place => place !== undefined) : undefined
}
