import { expect, test } from '@jest/globals'
import { nextGoal, type GoalContext } from './goal.ts'
import type { Goal } from './lead-intent.ts'
import { silence } from './reply.ts'
import { speechActsOf } from './speech-acts.ts'
import { asksForOthers } from './wishes.ts'

const given = (goal: Goal, context: Partial<GoalContext> = {}) => ({
  when: (text: string) => ({
    then: (next: Goal) => expect(nextGoal({
      goal, hasOffer: true, lastReply: silence, saysWish: false, saysDate: false, ...context, acts: speechActsOf(text, asksForOthers(text))
    })).toBe(next)
  })
})
const visitOffered = { lastReply: { ...silence, offersVisit: true } }
const helpOffered = { lastReply: { ...silence, offersMoreHelp: true } }

test('a wish for a home opens the search', () => given('none', { hasOffer: false }).when('I need a place to live').then('find_home'))
test('a greeting opens nothing', () => given('none', { hasOffer: false }).when('Hello').then('none'))
test('a question changes nothing (G1)', () => given('schedule_visit').when('Are pets allowed?').then('schedule_visit'))
test('a thank-you changes nothing (G1)', () => given('schedule_visit').when('Thanks, that\'s all').then('schedule_visit'))
test('"yes" takes up an offered visit', () => given('find_home', visitOffered).when('Yes, please').then('schedule_visit'))
test('"no" to an offered visit ends the search (G2)', () => given('find_home', visitOffered).when('Not at this time').then('none'))
test('a date takes up a visit', () => given('find_home', { saysDate: true }).when('Monday next week').then('schedule_visit'))
test('a visit needs a home', () => given('find_home', { hasOffer: false }).when('I want to visit an apartment').then('find_home'))
test('"no" to more help ends what was going on (G2)', () => given('schedule_visit', helpOffered).when('No, thank you').then('none'))
test('another home leads back to the search', () => given('schedule_visit').when('Find me another apartment').then('find_home'))
test('other homes instead of the visit go on searching', () => given('find_home', visitOffered).when('Please show me other apartments').then('find_home'))
test('the calendar follows the visit', () => given('schedule_visit').when('Add it to my calendar').then('note_visit'))
test('selling goes before all', () => given('find_home').when('Actually I want to sell my house').then('sell_home'))
