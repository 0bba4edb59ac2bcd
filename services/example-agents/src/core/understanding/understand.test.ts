import { expect, test } from '@jest/globals'
import type { LeadIntent } from './lead-intent.ts'
import { newConversation, observeReply, type ConversationState } from './state.ts'
import { understand } from './understand.ts'

/** What is understood of the last of the turns; those that begin with ">" are our replies. */
function understood (...turns: readonly string[]): LeadIntent {
  let state: ConversationState = newConversation
  let last: LeadIntent | undefined
  for (const turn of turns) {
    if (turn.startsWith('>')) {
      state = observeReply(state, turn.slice(1))
      continue
    }
    const { state: next, ...lead } = understand(turn, state)
    state = next
    last = lead
  }
  if (last === undefined) throw new Error('no turn of the person')
  return last
}

const search = 'I want a pet friendly 2 bedroom in Oakland under $2,500'
const offer = '> I found Lake View at 12 Main Street with 2 bedrooms and 1 bath for $2,400 a month. Would you like to visit it?'
const wished = { area: 'Oakland', beds: 2, budgetMax: 2500, petsAllowed: true }

test('a search is understood at once', () => {
  expect(understood(search)).toEqual({ intent: 'find_home', goal: 'find_home', slots: wished, asks: [] })
})

test('slots accumulate over turns (U2)', () => {
  expect(understood('I need an apartment', '> In which area?', 'Fremont', '> How many bedrooms?', 'three').slots).toEqual({ area: 'Fremont', beds: 3 })
})

test('a home that is only named is not taken (U3)', () => {
  expect(understood(search, offer, 'Is it furnished?')).toEqual({ intent: 'ask_detail', goal: 'find_home', slots: wished, asks: ['furnished'] })
})

test('a home that is liked is taken (U3)', () => {
  expect(understood(search, offer, 'That one sounds great').slots.propertyName).toBe('Lake View')
})

test('a visit takes the home and its day, and keeps the day until another is said', () => {
  const visit = [search, offer, 'Yes, on Saturday', '> Please confirm: a visit to Lake View on March 2nd.'] as const
  expect(understood(...visit, 'Yes, that\'s right')).toMatchObject({ goal: 'schedule_visit', slots: { ...wished, propertyName: 'Lake View', visitDate: 'Saturday' } })
  expect(understood(...visit, 'No, make it the 10th').slots.visitDate).toBe('the 10th')
  expect(understood(...visit, 'Yes. That is all for today').slots.visitDate).toBe('Saturday')
})

test('after a visit another search replaces what it names', () => {
  expect(understood(search, offer, 'Book it for Monday', '> Done.', 'Now find me another apartment in Alameda with 3 bedrooms'))
    .toMatchObject({ intent: 'find_home', goal: 'find_home', slots: { area: 'Alameda', beds: 3 } })
})

test.each([
  ['Hi there!', 'greet'], ['I want to sell my house in Concord', 'sell_home'], ['I want to talk to a human', 'talk_to_human'],
  ['thanks, bye', 'goodbye'], ['qwertz', 'other'], ['', 'other']
])('the first turn %j is %s', (text, intent) => {
  expect(understood(text).intent).toBe(intent)
})

test('a note for the calendar changes no slot', () => {
  const visit = [search, offer, 'Yes, on Saturday', '> Your visit is booked.', 'Put it on my calendar', '> At what time?'] as const
  expect(understood(...visit, 'March 3rd at 9, call it House in Fremont')).toMatchObject({ intent: 'other', goal: 'note_visit', slots: { area: 'Oakland', visitDate: 'Saturday' } })
})

test('contact data is kept once it was said', () => {
  expect(understood('My name is Anna Smith', '> And your mail address?', 'anna@example.com').contact).toEqual({ name: 'Anna Smith', email: 'anna@example.com' })
})

test('the same text and state give the same answer, and the state is not changed (U1)', () => {
  const state = Object.freeze(observeReply(newConversation, offer))
  expect(understand(search, state)).toEqual(understand(search, state))
})

test('a long hostile text is read in bounded time', () => {
  const started = performance.now()
  for (const piece of ['in A', 'the ', '1 a ', '$1,', 'not ', 'good really ', 'San ', 'a@', '111-']) understood(piece.repeat(2_000), `>${piece.repeat(2_000)}`, piece)
  expect(performance.now() - started).toBeLessThan(2_000)
})
