// How a home is offered: how many there are, what had to be given up, the home, and how its rent compares.
import type { Home } from './home.ts'
import type { HomesFound, Relaxation } from './home-search.ts'
import type { MarketSummary } from './market.ts'
import { counted, dollarsText } from './wording.ts'
import type { LeadSlots } from './understanding/index.ts'

/** Nearer than this to the median, a rent is neither low nor high. */
const notableShare = 0.05
/** A median of fewer homes says nothing. */
const comparableHomesMin = 3

export function describeOffer (home: Home, found: HomesFound & { readonly market: MarketSummary | null }, slots: LeadSlots): string[] {
  const given = found.relaxed.map(wish => relaxedText(wish, slots))
  const lead = given.length > 0
    ? `I found nothing that is ${listed(given)}, but`
    : found.matching > 1 ? `I found ${counted(found.matching, 'home')} for you.` : 'I found one home for you.'
  const rooms = `${counted(home.beds, 'bedroom')} and ${counted(home.baths, 'bathroom')}`
  const offer = `${home.name} at ${home.address} in ${home.area} has ${rooms} and rents for ${dollarsText(home.rentDollars)} per month.`
  return [lead, offer, ...comparison(home, found.market)]
}

function relaxedText (wish: Relaxation, slots: LeadSlots): string {
  switch (wish) {
    case 'laundry': return 'with in-unit laundry'
    case 'furnished': return slots.furnished === true ? 'furnished' : 'unfurnished'
    case 'baths': return `with ${counted(slots.baths ?? 1, 'bathroom')}`
    case 'budget': return slots.budgetMax === undefined ? `above ${dollarsText(slots.budgetMin ?? 0)}` : `within ${dollarsText(slots.budgetMax)}`
    case 'area': return `in ${slots.area ?? 'that area'}`
    case 'pets': return 'open to pets'
  }
}

const listed = (parts: readonly string[]): string => parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`

function comparison (home: Home, market: MarketSummary | null): string[] {
  if (market === null || market.medianRentDollars === null || market.homes < comparableHomesMin) return []
  const share = (home.rentDollars - market.medianRentDollars) / market.medianRentDollars
  const against = `the usual ${dollarsText(market.medianRentDollars)} in ${market.area ?? 'the bay area'}`
  return Math.abs(share) < notableShare ? [`That is about ${against}.`] : [`That is ${share < 0 ? 'below' : 'above'} ${against}.`]
}
