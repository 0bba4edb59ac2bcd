// How a home is offered: how many there are, what had to be given up, the home, and how its rent compares.
import type { Home } from './home.ts'
import type { HomesFound, Relaxation } from './home-search.ts'
import type { MarketSummary } from './market.ts'
import { counted, dollarsText } from './wording.ts'
import type { LeadSlots } from './understanding/index.ts'

export interface Offer {
  readonly home: Home
  readonly found: HomesFound & { readonly market: MarketSummary | null }
  readonly slots: LeadSlots
  /** Another home was offered before. */
  readonly isAnother: boolean
}

/** Nearer than this to the median, a rent is neither low nor high. */
const notableShare = 0.05

export function describeOffer ({ home, found, slots, isAnother }: Offer): string[] {
  const rooms = `${counted(home.beds, 'bedroom')} and ${counted(home.baths, 'bathroom')}`
  const offer = `${home.name} at ${home.address} in ${home.area} has ${rooms} and rents for ${dollarsText(home.rentDollars)} per month.`
  const given = saidInOrder.filter(wish => found.relaxed.includes(wish)).map(wish => relaxedText[wish](slots))
  if (given.length > 0) return [`I found nothing ${isAnother ? 'else ' : ''}${given.join(' ')}, but ${offer}`, ...comparison(home, found.market)]
  const lead = isAnother
    ? `I found ${found.matching > 1 ? `${counted(found.matching, 'more home')}` : 'one more home'} for you.`
    : `I found ${found.matching > 1 ? counted(found.matching, 'home') : 'one home'} for you.`
  return [lead, offer, ...comparison(home, found.market)]
}

const saidInOrder: readonly Relaxation[] = ['furnished', 'area', 'budget', 'baths', 'laundry', 'pets']
const relaxedText: Readonly<Record<Relaxation, (slots: LeadSlots) => string>> = {
  laundry: () => 'with in-unit laundry',
  furnished: slots => slots.furnished === true ? 'furnished' : 'unfurnished',
  baths: slots => `with ${counted(slots.baths ?? 1, 'bathroom')}`,
  budget: slots => slots.budgetMax === undefined ? `above ${dollarsText(slots.budgetMin ?? 0)}` : `within ${dollarsText(slots.budgetMax)}`,
  area: slots => `in ${slots.area ?? 'that area'}`,
  pets: () => 'where pets are allowed'
}

function comparison (home: Home, market: MarketSummary | null): string[] {
  if (market === null || market.medianRentDollars === null || market.homes < 2) return []
  const share = (home.rentDollars - market.medianRentDollars) / market.medianRentDollars
  const where = market.area === null || market.scope === 'bay' ? 'around the bay' : market.scope === 'region' ? `around ${market.area}` : `in ${market.area}`
  const level = Math.abs(share) < notableShare ? 'about' : share < 0 ? 'below' : 'above'
  return [`That is ${level} the usual ${dollarsText(market.medianRentDollars)} ${where}.`]
}
