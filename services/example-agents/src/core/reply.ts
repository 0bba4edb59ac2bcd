// What we answer: one reply from what was understood, looked up and decided.
//
// Invariants:
//   P1. Pure: the same turn gives the same reply.
//   P2. A question of the person is answered before anything is asked back, and at most one thing is asked.
//   P3. Only what was looked up is said of a home; what isn't known is said to be unknown.
import { answerDetails } from './detail-answers.ts'
import type { Appraisal } from './appraisal.ts'
import type { Home } from './home.ts'
import type { HomesFound } from './home-search.ts'
import type { MarketSummary } from './market.ts'
import { describeOffer } from './offer-text.ts'
import { missingFor } from './turn-plan.ts'
import { dollarsText } from './wording.ts'
import type { Detail, Goal, LeadIntentName, LeadSlots } from './understanding/index.ts'

export interface TurnFacts {
  readonly intent: LeadIntentName
  readonly goal: Goal
  readonly slots: LeadSlots
  readonly asks: readonly Detail[]
  /** The home that was on offer before this reply. */
  readonly offered: Home | null
  /** The visit's day, as we have said it before. */
  readonly visitDateSaid: string | null
  /** A phone number or an email address is known. */
  readonly reachable: boolean
  readonly suggestion: HomesFound & { readonly market: MarketSummary | null } | null
  readonly appraisal: Appraisal | null
  readonly advisor: { readonly name: string, readonly phone: string, readonly reference: string, readonly waitMinutes: number } | null
}

export interface ComposedReply {
  readonly reply: string
  readonly offered: Home | null
}

const moreHelp = 'Is there anything else I can help you with?'
const askedFor = {
  area: 'In which city or area should the home be?',
  beds: 'How many bedrooms do you need?'
} as const

export function composeReply (facts: TurnFacts): ComposedReply {
  const answered = facts.asks.length === 0 ? [] : facts.offered === null
    ? ['I have no home on offer yet to tell you about.']
    : answerDetails(facts.offered, facts.asks)
  const { sentences, offered } = purposeOf(facts, answered.length > 0)
  const said = [...answered, ...sentences, ...handOver(facts)]
  return { reply: said.join(' '), offered }
}

interface Purpose { readonly sentences: readonly string[], readonly offered: Home | null }

function purposeOf (facts: TurnFacts, hasAnswered: boolean): Purpose {
  const { intent, goal, offered, advisor } = facts
  const stay = (...sentences: string[]): Purpose => ({ sentences, offered })
  if (intent === 'talk_to_human') return stay(...advisor === null ? ['One of our advisors has your request and will be with you.'] : [])
  switch (goal) {
    case 'sell_home': return stay(...sellText(facts))
    case 'schedule_visit': return stay(...visitText(facts))
    case 'note_visit': return stay('I have noted the visit with the address for you.', moreHelp)
    case 'find_home': return intent === 'goodbye' ? stay('You are welcome. Have a good day!') : searchText(facts, hasAnswered)
    case 'none': return stay(...idleText(intent, hasAnswered))
  }
}

function idleText (intent: LeadIntentName, hasAnswered: boolean): string[] {
  if (hasAnswered) return [moreHelp]
  switch (intent) {
    case 'greet': return ['Hello! Are you looking for a home to rent, or do you want to sell one?']
    case 'goodbye': return ['You are welcome. Have a good day!']
    default: return ['I can find you a home to rent, set up a visit, or tell you what your own home is worth.', 'What can I do for you?']
  }
}

function searchText (facts: TurnFacts, hasAnswered: boolean): Purpose {
  const { slots, offered, suggestion } = facts
  const best = suggestion?.homes[0]
  if (suggestion !== null && best !== undefined) {
    return { sentences: [...describeOffer({ home: best, found: suggestion, slots, isAnother: offered !== null }), 'Would you like to visit it?'], offered: best }
  }
  const stay = (...sentences: string[]): Purpose => ({ sentences, offered })
  if (suggestion !== null) return stay('I have found no other home like that.', 'Shall I search with other wishes?')
  if (offered !== null && slots.propertyName === offered.name) return stay(`Would you like to schedule a visit to ${offered.name}?`)
  if (hasAnswered) return stay('Would you like to visit it, or shall I search further?')
  const missing = missingFor(slots)[0]
  return stay(missing === undefined ? 'I can\'t look at our homes just now. Please ask me again in a moment.' : askedFor[missing])
}

function visitText ({ slots, offered, visitDateSaid }: TurnFacts): string[] {
  const name = slots.propertyName ?? offered?.name ?? 'the home'
  if (slots.visitDate === undefined) return [`On what day would you like to visit ${name}?`]
  if (slots.visitDate === visitDateSaid) return [`Your visit is set for ${slots.visitDate}.`, moreHelp]
  return [`Your visit to ${name} is scheduled for ${slots.visitDate}.`, moreHelp]
}

function sellText ({ slots, appraisal }: TurnFacts): string[] {
  if (slots.area === undefined) return ['I can estimate what your home is worth.', 'In which city is it?']
  if (appraisal === null) return ['I can\'t estimate your home just now. Please ask me again in a moment.']
  const { estimateDollars, lowDollars, highDollars, comparableHomes } = appraisal
  if (estimateDollars === null || lowDollars === null || highDollars === null) return [`I know too few homes in ${slots.area} to estimate yours; an advisor can.`]
  const kind = slots.beds === undefined ? 'your home' : `your ${slots.beds} bedroom home`
  const from = comparableHomes === 1 ? 'one comparable home' : `${comparableHomes} comparable homes`
  const question = slots.beds === undefined ? ['How many bedrooms does it have?'] : ['Shall an advisor look at it?']
  return [`From ${from} in ${slots.area}, ${kind} may sell for about ${dollarsText(estimateDollars)} (${dollarsText(lowDollars)} to ${dollarsText(highDollars)}).`, ...question]
}

function handOver ({ advisor, reachable }: TurnFacts): string[] {
  if (advisor === null) return []
  const { name, phone, reference, waitMinutes } = advisor
  return [reachable
    ? `Our advisor ${name} will contact you within ${waitMinutes} minutes (phone ${phone}, reference ${reference}).`
    : `Our advisor ${name} is there for you at ${phone}, reference ${reference}.`]
}
