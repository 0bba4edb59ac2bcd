import { describe, expect, test } from '@jest/globals'
import type { Home } from './home.ts'
import type { MarketSummary } from './market.ts'
import { composeReply, type TurnFacts } from './reply.ts'
import { newConversation, observeReply } from './understanding/index.ts'

const alder: Home = {
  id: 'a', name: 'Alder Gardens', address: '12 Grove Street', area: 'Fremont', beds: 2, baths: 1, rentDollars: 2_450,
  petsAllowed: true, furnished: false, inUnitLaundry: false, phone: '510-555-0101'
}
const market: MarketSummary = { area: 'Fremont', beds: 2, scope: 'region', homes: 5, medianRentDollars: 2_800, lowestRentDollars: 2_000, highestRentDollars: 3_500 }
const advisor = { name: 'Ada Jung', phone: '510-555-0199', reference: 'H-1', waitMinutes: 5 }
const facts = (given: Partial<TurnFacts> = {}): TurnFacts => ({
  intent: 'find_home', goal: 'find_home', slots: {}, asks: [], offered: null, visitDateSaid: null, reachable: false, suggestion: null, appraisal: null, advisor: null, ...given
})
const replyTo = (given: Partial<TurnFacts>) => composeReply(facts(given)).reply

describe('looking for a home', () => {
  test('what is missing is asked for, one thing at a time, so that it is understood as asked', () => {
    const area = replyTo({ slots: {} })
    const beds = replyTo({ slots: { area: 'Fremont' } })
    expect(area).toBe('In which city or area should the home be?')
    expect(beds).toBe('How many bedrooms do you need?')
    expect(observeReply(newConversation, area).lastReply).toMatchObject({ asksArea: true, asksBeds: false })
    expect(observeReply(newConversation, beds).lastReply).toMatchObject({ asksArea: false, asksBeds: true })
  })

  test('a home is offered with what it costs, what was given up and how it compares, and is then on offer', () => {
    const { reply, offered } = composeReply(facts({
      slots: { area: 'Fremont', beds: 2, baths: 2, budgetMax: 2_000 }, suggestion: { homes: [alder], matching: 1, relaxed: ['baths', 'budget'], market }
    }))
    expect(reply).toBe('I found nothing within $2,000 with 2 bathrooms, but Alder Gardens at 12 Grove Street in Fremont has 2 bedrooms and 1 bathroom '
      + 'and rents for $2,450 per month. That is below the usual $2,800 around Fremont. Would you like to visit it?')
    expect(offered).toEqual(alder)
    expect(observeReply(newConversation, reply, { propertyName: alder.name })).toMatchObject({ offer: 'Alder Gardens', lastReply: { offersVisit: true } })
  })

  test('several are counted; the next one is said to be another', () => {
    const suggestion = { homes: [alder], matching: 4, relaxed: [], market: null }
    expect(replyTo({ suggestion })).toMatch(/^I found 4 homes for you\. Alder Gardens at/)
    expect(replyTo({ suggestion, offered: { ...alder, id: 'b' } })).toMatch(/^I found 4 more homes for you\./)
    expect(replyTo({ suggestion: { ...suggestion, matching: 1 }, offered: { ...alder, id: 'b' } })).toMatch(/^I found one more home for you\./)
  })

  test('nothing left to offer is said, and the home on offer stays', () => {
    const { reply, offered } = composeReply(facts({ offered: alder, suggestion: { homes: [], matching: 0, relaxed: [], market: null } }))
    expect(reply).toContain('I have found no other home like that.')
    expect(offered).toEqual(alder)
  })

  test('when homes could not be looked up, that is said', () => {
    expect(replyTo({ slots: { area: 'Fremont', beds: 2 } })).toBe('I can\'t look at our homes just now. Please ask me again in a moment.')
  })

  test('who likes the home is offered a visit', () => {
    expect(replyTo({ slots: { area: 'Fremont', beds: 2, propertyName: 'Alder Gardens' }, offered: alder })).toBe('Would you like to schedule a visit to Alder Gardens?')
  })
})

describe('questions about the home on offer', () => {
  test('are answered from what is known of it, in the order asked', () => {
    expect(replyTo({ intent: 'ask_detail', asks: ['pets', 'furnished', 'laundry', 'phone', 'address', 'price', 'beds', 'baths'], offered: alder, slots: { area: 'Fremont', beds: 2 } })).toBe(
      'Yes, pets are allowed. No, it is not furnished. No, it has no in-unit laundry. The phone number is 510-555-0101. The address is 12 Grove Street, Fremont. '
      + 'The rent is $2,450 per month. It has 2 bedrooms. It has 1 bathroom. Would you like to visit it, or shall I search further?')
  })

  test('have no answer before a home was offered', () => {
    expect(replyTo({ intent: 'ask_detail', asks: ['pets'], goal: 'none' })).toMatch(/^I have no home on offer yet/)
  })
})

describe('a visit', () => {
  const visit = { intent: 'schedule_visit', goal: 'schedule_visit', offered: alder } as const

  test('needs a day', () => {
    const reply = replyTo({ ...visit, slots: { propertyName: 'Alder Gardens' } })
    expect(reply).toBe('On what day would you like to visit Alder Gardens?')
    expect(observeReply(newConversation, reply).lastReply.asksVisitDate).toBe(true)
  })

  test('is confirmed with its day, and not told anew', () => {
    const slots = { propertyName: 'Alder Gardens', visitDate: 'March 8th' }
    expect(replyTo({ ...visit, slots })).toBe('Your visit to Alder Gardens is scheduled for March 8th. Is there anything else I can help you with?')
    expect(replyTo({ ...visit, slots, visitDateSaid: 'March 8th' })).toBe('Your visit is set for March 8th. Is there anything else I can help you with?')
  })

  test('comes with the advisor who takes over: who can be reached is called, who can\'t is told the number', () => {
    const slots = { propertyName: 'Alder Gardens', visitDate: 'today' }
    expect(replyTo({ ...visit, slots, advisor, reachable: true })).toMatch(/Our advisor Ada Jung will contact you within 5 minutes \(phone 510-555-0199, reference H-1\)\.$/)
    expect(replyTo({ ...visit, slots, advisor })).toMatch(/Our advisor Ada Jung is there for you at 510-555-0199, reference H-1\.$/)
  })
})

describe('the rest', () => {
  test.each<[string, Partial<TurnFacts>, RegExp]>([
    ['a greeting', { intent: 'greet', goal: 'none' }, /^Hello!/],
    ['a goodbye', { intent: 'goodbye', goal: 'none' }, /^You are welcome/],
    ['something else', { intent: 'other', goal: 'none' }, /^I can find you a home/],
    ['a calendar entry', { intent: 'other', goal: 'note_visit' }, /^I have noted the visit/],
    ['who asks for a person', { intent: 'talk_to_human', goal: 'none', advisor }, /^Our advisor Ada Jung/],
    ['who asks for a person again', { intent: 'talk_to_human', goal: 'none' }, /^One of our advisors has your request/],
    ['a home to sell, somewhere', { intent: 'sell_home', goal: 'sell_home' }, /In which city is it\?$/],
    ['a home to sell that can\'t be appraised now', { intent: 'sell_home', goal: 'sell_home', slots: { area: 'Fremont' } }, /can't estimate your home just now/],
    ['a home to sell like no other', { intent: 'sell_home', goal: 'sell_home', slots: { area: 'Fremont' }, appraisal: { estimateDollars: null, lowDollars: null, highDollars: null, comparableHomes: 0 } }, /too few homes in Fremont/],
    ['a home to sell', { intent: 'sell_home', goal: 'sell_home', slots: { area: 'Fremont', beds: 2 }, appraisal: { estimateDollars: 640_000, lowDollars: 570_000, highDollars: 710_000, comparableHomes: 3 } },
      /your 2 bedroom home may sell for about \$640,000 \(\$570,000 to \$710,000\)\. Shall an advisor look at it\?$/]
  ])('%s', (_, given, reply) => expect(replyTo(given)).toMatch(reply))
})
