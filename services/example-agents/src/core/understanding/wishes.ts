// What the wanted home must offer: pets, furniture, laundry. And the other use of the same words: a question about the home on offer.
//
// "Is it furnished?" asks about a home; "find me one that is furnished" wishes for one. Before any home was offered there is nothing
// to ask about, so such words are wishes; afterwards they are wishes only in a sentence that searches.
import type { Detail, LeadSlots } from './lead-intent.ts'
import { sentencesOf } from './normalise.ts'

export interface Wishes {
  readonly slots: Pick<LeadSlots, 'petsAllowed' | 'furnished' | 'inUnitLaundry'>
  readonly asks: readonly Detail[]
}

const searching = /\b(?:find me|find (?:an?|some|another|other)|search|look(?:ing)? for|look up|show me|(?:i|we|it|that|they)(?:'d| would| really| also| only| do| just)* (?:need|needs|want|wants|prefer|like|love|require)|should|must|has to|have to|needs? to|other|others|another|else|more (?:apartments|options|places)|somewhere|(?:apartments?|apts?|place|places|property|properties|homes?|house|one|ones) (?:that|which|where|with|whom|who)|are there any|any (?:apartments?|places|homes))\b/i
const asksToKnow = /\b(?:(?:like|want|need|love|wish|curious|wondering|able|have) (?:to )?(?:know|ask|find out|check)|let me know|(?:you )?know (?:if|whether)|tell me|find out (?:if|whether)|check (?:if|whether)|see (?:if|whether)|confirm|wonder(?:ing)?)\b/i
const asking = /^(?:(?:ok(?:ay)?|great|and|also|but|yes|no|so|well|alright|perfect|good|thanks?|thank you|sounds? \w+)[,.!]? )*(?:is|are|do|does|did|can|could|may|will|would|what|which|how|any|have|has)\b|\?/i

const pets = /\b(?:pets?|dogs?|cats?|animals?|puppy|kitten)\b/i
const noPets = /\b(?:no pets|without (?:any )?pets|(?:don't|do not) (?:have|own) (?:any |a )?pets?|not? need .{0,20}pets)\b/i
const furnished = /\b(?:fully |already |well )*(?:furnished|furnish|funished|furnised|furniture)\b/i
const unfurnished = /\b(?:unfurnished|(?:not|n't|without)(?: be| need| have| want| come)?(?: any| fully| to be| it)* (?:furnished|furniture))\b/i
const laundry = /\b(?:laundry|washer|washing machine|dryer)\b/i

const otherDetails: ReadonlyArray<readonly [Detail, RegExp]> = [
  ['phone', /\b(?:phone|telephone|contact|call them|(?:their|the|property's|its) number|reach (?:them|the)|ring them)\b/i],
  ['address', /\b(?:address|where (?:is|are|exactly)|located\?|location)\b/i],
  ['price', /\b(?:how much|what(?:'s| is) the (?:rent|price|cost)|monthly rent|what .{0,20}cost)\b/i],
  ['beds', /\bhow many bed/i],
  ['baths', /\bhow many bath/i]
]

export function findWishes (text: string, hasOffer: boolean): Wishes {
  const slots: { petsAllowed?: boolean, furnished?: boolean, inUnitLaundry?: boolean } = {}
  const asks = new Set<Detail>()
  for (const sentence of sentencesOf(text)) {
    const wishing = wishes(sentence, hasOffer)
    if (pets.test(sentence)) {
      if (!wishing) asks.add('pets')
      else if (!noPets.test(sentence)) slots.petsAllowed = true
    }
    if (unfurnished.test(sentence) && wishing) slots.furnished = false
    else if (furnished.test(sentence)) {
      if (wishing) slots.furnished = true
      else asks.add('furnished')
    }
    if (laundry.test(sentence)) {
      if (wishing) slots.inUnitLaundry = true
      else asks.add('laundry')
    }
    if (!hasOffer) continue
    for (const [detail, said] of otherDetails) if (said.test(sentence)) asks.add(detail)
  }
  return { slots, asks: [...asks] }
}

function wishes (sentence: string, hasOffer: boolean): boolean {
  if (!hasOffer) return true
  if (asksToKnow.test(sentence)) return false
  return searching.test(sentence) && !(asking.test(sentence) && !asksForOthers(sentence))
}

const others = /\b(?:other|others|another|else|more|different|find me|find (?:an?|some)|search|look(?:ing)? (?:for|up)|show me|what's available|(?:apartments?|places?|ones?|something|anything) (?:that|which|where|with|in)|are there any|alternatives?)\b/i

/** Whether the person wants to see other homes than the one on offer. */
export function asksForOthers (text: string): boolean {
  return others.test(text)
}
