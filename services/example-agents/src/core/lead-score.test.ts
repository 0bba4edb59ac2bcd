import { expect, test } from '@jest/globals'
import { type Lead, scoreLead } from './lead-score.ts'

const lead = (facts: Partial<Lead> = {}): Lead => ({ intent: 'find_home', goal: 'find_home', slots: {}, contact: {}, turns: 1, ...facts })

test('who only asks is cold', () => expect(scoreLead(lead())).toEqual({ score: 0, temperature: 'cold', reasons: [] }))

test('who says where, what and for how much is warm', () =>
  expect(scoreLead(lead({ slots: { area: 'Fremont', beds: 2, budgetMax: 2_500 } }))).toEqual({ score: 35, temperature: 'warm', reasons: ['area', 'rooms', 'budget'] }))

test('who wants to visit on a day is hot', () =>
  expect(scoreLead(lead({ intent: 'schedule_visit', goal: 'schedule_visit', slots: { area: 'Fremont', beds: 2, propertyName: 'Alder', visitDate: 'March 8th' } }))).toMatchObject({ score: 60, temperature: 'hot' }))

test('a visit soon counts more than one later', () => {
  const score = (visitDate: string) => scoreLead(lead({ slots: { visitDate } })).score
  expect(score('tomorrow')).toBeGreaterThan(score('March 8th'))
})

test('a score stays between 0 and 100', () => {
  const all = scoreLead(lead({ intent: 'talk_to_human', goal: 'schedule_visit', turns: 9, contact: { phone: '1' }, slots: { area: 'a', beds: 1, budgetMax: 1, propertyName: 'p', visitDate: 'today' } }))
  expect(all.score).toBe(100)
  expect(all.reasons.length).toBeLessThanOrEqual(10)
  expect(scoreLead(lead({ intent: 'goodbye', goal: 'none' })).score).toBe(0)
})
