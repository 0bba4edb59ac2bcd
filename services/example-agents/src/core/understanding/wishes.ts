// What the wanted home must offer: pets, furniture, laundry. And the other use of the same words: a question about the home on offer.
//
// Invariants:
//   W1. "Is it furnished?" asks about a home; "find me one that is furnished" wishes for one.
//   W2. Before any home was named there is nothing to ask about: such words are wishes, unless the sentence points at a home.
//   W3. Afterwards they are wishes only where the person searches: in that sentence, or elsewhere in the turn for a bare remark
//       ("Show me others. Pet friendly only.").
import type { Detail, LeadSlots } from './lead-intent.ts'
import { sentencesOf } from './normalise.ts'

export interface Wishes {
  readonly slots: Pick<LeadSlots, 'petsAllowed' | 'furnished' | 'inUnitLaundry'>
  readonly asks: readonly Detail[]
}

export interface WishContext {
  readonly hasOffer: boolean
  /** The turn says elsewhere what it looks for: other homes, an area, a number of rooms. */
  readonly searches: boolean
}

const others = new RegExp([
  '\\bothers?\\b(?! (?:thing|question|detail|information|time|day|date))',
  '\\banother\\b(?! (?:thing|question|detail|information|time|day|date))',
  '\\b(?:something|anything|anywhere|what|somewhere) else\\b', '\\bmore (?:apartments?|options?|places?|homes?|results?|properties|choices?|of them|listings?)\\b',
  '\\bdifferent (?:apartment|one|place|option|area|propert)', '\\balternatives?\\b', '\\b(?:keep|continue) (?:looking|searching)\\b', '\\bwhat\'s available\\b',
  '\\b(?:find|show|search|look(?:ing)? (?:for|up))(?: for)?(?: me| us)? (?:an?|any|some|one|ones|apartments?|something|with|in|more|\\w+ bed)\\b(?!(?: \\w+)? (?:phone|number|contact|address|appointment|visit))',
  '\\b(?:get|give)(?: me| us) (?:an?|any|some|one)(?: \\w+){0,3} (?:apartments?|places?|homes?|houses?|options?)\\b',
  '\\bone more\\b(?! (?:thing|question|detail|time))',
  '\\b(?:apartments|places|homes|ones|something|anything) (?:that|which|where|with|in)\\b', '\\bare there any\\b'
].join('|'), 'i')
const wishing = /\b(?:(?:i|we|it|that|they|also|really|only|just|and|do|does|would|'d) (?:need|needs|want|wants|prefer|like|love|require)|should|must|has to|have to|needs? to|make sure|preferably|somewhere|(?:apartments?|apts?|place|property|homes?|house|one) (?:that|which|where|with|whom|who))\b/i
const asksToKnow = /\b(?:(?:like|want|need|love|wish|curious|wondering|able|have) (?:to )?(?:know|ask|find out|check)|let me know|(?:you )?know (?:if|whether)|tell me (?:if|whether|about|more)|(?:find out|check|see|ask) (?:if|whether)|confirm|wonder(?:ing)?)\b/i
const lead = '^(?:(?:ok(?:ay)?|great|and|also|but|yes|yeah|no|so|well|alright|perfect|good|fine|thanks?|thank you|sounds? \\w+)[,.!]? )*'
const asking = new RegExp(`${lead}(?:is|are|do|does|did|can|could|may|will|would|what|what's|which|how|any|have|has)\\b`, 'i')
/** A question that points at one home: W2. */
const pointing = new RegExp(`(?:${lead}|, (?:so |but )?)(?:is|are|do|does|will|would|can|could) (?:it|they|the|this|that|these|those|you allow|pets|animals|there any restriction)\\b`, 'i')

const pets = /\b(?:pets?|dogs?|cats?|animals?|puppy|puppies|kittens?)\b/i
const noPets = /\b(?:no pets|without (?:any )?pets|(?:don't|do not) (?:have|own) (?:any |a )?pets?|not? need .{0,20}pets)\b/i
const furnished = /\b(?:furnished|furnish|funished|furnised|furniture)\b/i
const unfurnished = /\b(?:unfurnished|(?:not|without)(?: be| need| have| want| come| any| fully| to be| it){0,3} (?:furnished|furniture)|n't (?:be|need|have|want|come)(?: any| fully| to be| it){0,3} (?:furnished|furniture))\b/i
const laundry = /\b(?:laundry|washer|washing machine|dryer)\b/i

const otherDetails: ReadonlyArray<readonly [Detail, RegExp]> = [
  ['phone', /\b(?:phone|telephone|contact|call (?:them|him|her)|(?:their|the|its) number|property's number|reach (?:them|the)|ring them)\b/i],
  ['address', /\b(?:address|where (?:is|are|exactly)|location)\b/i],
  ['price', /\b(?:how much|what(?:'s| is) the (?:monthly )?(?:rent|price|cost)|what .{0,20}cost)\b/i],
  ['beds', /\bhow many bed/i],
  ['baths', /\bhow many bath/i]
]

const detailWords: ReadonlyArray<readonly [Detail, RegExp]> = [['pets', pets], ['furnished', furnished], ['laundry', laundry]]

export function findWishes (text: string, context: WishContext): Wishes {
  const wished: string[] = []
  const asks = new Set<Detail>()
  for (const sentence of sentencesOf(text)) {
    const isWish = wishes(sentence, context)
    if (isWish) wished.push(sentence)
    else for (const [detail, said] of detailWords) if (said.test(sentence)) asks.add(detail)
    for (const [detail, said] of otherDetails) if (context.hasOffer && said.test(sentence)) asks.add(detail)
  }
  const has = (said: RegExp) => wished.some(sentence => said.test(sentence))
  const slots = {
    ...has(pets) && !has(noPets) ? { petsAllowed: true } : {},
    ...has(unfurnished) ? { furnished: false } : has(furnished) ? { furnished: true } : {},
    ...has(laundry) ? { inUnitLaundry: true } : {}
  }
  return { slots, asks: [...asks] }
}

function wishes (sentence: string, { hasOffer, searches }: WishContext): boolean {
  if (pointing.test(sentence) && !/\b(?:another|other) \w+|\belse\b/i.test(sentence)) return false
  if (others.test(sentence)) return true
  if (!hasOffer) return true
  if (asksToKnow.test(sentence)) return false
  if (asking.test(sentence)) return searches
  return searches || wishing.test(sentence)
}

/** "I don't need anything else": names other things only to refuse them. */
const refusesMore = /\b(?:don't|do not|won't|no longer|nothing|not|no)\b.{0,30}\b(?:else|more|others?|another)\b/i

/** Whether the person wants to see other homes than the one on offer. */
export function asksForOthers (text: string): boolean {
  return sentencesOf(text).some(sentence => others.test(sentence) && !refusesMore.test(sentence) && !(pointing.test(sentence) && /\bthe others?\b/i.test(sentence)))
}
