import { describe, expect, test } from '@jest/globals'
import { handOffReasonFor, lookUpFor, missingFor, type Remembered, type Understood, visitDateSaidFor } from './turn-plan.ts'

const understood = (facts: Partial<Understood> = {}): Understood => ({ intent: 'find_home', goal: 'find_home', slots: { area: 'Fremont', beds: 2 }, asks: [], ...facts })
const remembered = (facts: Partial<Remembered> = {}): Remembered => ({ offeredName: null, hasAdvisor: false, ...facts })

describe('what a turn looks up', () => {
  test.each<[string, Understood, Remembered, string]>([
    ['homes, once area and bedrooms are known', understood(), remembered(), 'homes'],
    ['nothing before that', understood({ slots: { area: 'Fremont' } }), remembered(), 'nothing'],
    ['another home, when one is on offer and not taken', understood(), remembered({ offeredName: 'Alder' }), 'homes'],
    ['nothing, when the home on offer is taken', understood({ slots: { area: 'Fremont', beds: 2, propertyName: 'Alder' } }), remembered({ offeredName: 'Alder' }), 'nothing'],
    ['nothing, when only a question is asked about it', understood({ intent: 'ask_detail', asks: ['pets'] }), remembered({ offeredName: 'Alder' }), 'nothing'],
    ['nothing for a visit', understood({ intent: 'schedule_visit', goal: 'schedule_visit' }), remembered({ offeredName: 'Alder' }), 'nothing'],
    ['nothing for a goodbye', understood({ intent: 'goodbye' }), remembered(), 'nothing'],
    ['nothing for who asks for a person', understood({ intent: 'talk_to_human' }), remembered(), 'nothing'],
    ['what a home is worth, for who sells one', understood({ intent: 'sell_home', goal: 'sell_home' }), remembered(), 'appraisal'],
    ['nothing while it is unknown where that home is', understood({ intent: 'sell_home', goal: 'sell_home', slots: {} }), remembered(), 'nothing']
  ])('%s', (_, turn, memory, lookUp) => expect(lookUpFor(turn, memory)).toBe(lookUp))

  test('the area is asked for before the bedrooms', () => expect(missingFor({})).toEqual(['area', 'beds']))
})

describe('handing over to a person', () => {
  test('who asks for a person gets one, once', () => {
    const turn = understood({ intent: 'talk_to_human' })
    expect(handOffReasonFor(turn, remembered(), 'cold')).toBe('asked')
    expect(handOffReasonFor(turn, remembered({ hasAdvisor: true }), 'hot')).toBe(null)
  })

  test('a hot lead gets one when the visit has a day', () => {
    const turn = understood({ intent: 'schedule_visit', goal: 'schedule_visit', slots: { visitDate: 'tomorrow' } })
    expect(handOffReasonFor(turn, remembered(), 'hot')).toBe('wants_visit')
    expect(handOffReasonFor(turn, remembered(), 'warm')).toBe(null)
    expect(handOffReasonFor(turn, remembered(), null)).toBe(null)
    expect(handOffReasonFor({ ...turn, slots: {} }, remembered(), 'hot')).toBe(null)
  })
})

test('a day said for one home is not said for another', () => {
  expect(visitDateSaidFor({ propertyName: 'Alder' }, { propertyName: 'Alder', visitDate: 'today' })).toBe('today')
  expect(visitDateSaidFor({ propertyName: 'Birch' }, { propertyName: 'Alder', visitDate: 'today' })).toBe(null)
})
