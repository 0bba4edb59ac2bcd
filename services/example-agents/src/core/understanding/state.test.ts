import { expect, test } from '@jest/globals'
import { newConversation, observeReply } from './state.ts'

const offered = 'Stone Mill at 5 Hill Road has 2 bedrooms. The rent is $2,000 per month.'

test('given nothing, when a home is offered, then it is the home on offer', () => {
  expect(observeReply(newConversation, offered)).toMatchObject({ offer: 'Stone Mill', hasOffer: true, slots: {} })
})

test('given a home on offer, when a visit is confirmed or a detail answered, then the offer stays', () => {
  const given = observeReply(newConversation, offered)
  expect(observeReply(given, 'Please confirm: a visit to Stone mill on March 9th.').offer).toBe('Stone Mill')
  expect(observeReply(given, 'Yes, pets are allowed.').offer).toBe('Stone Mill')
})

test('given a name no text rule could read, when the sender states it, then that is the home on offer', () => {
  expect(observeReply(newConversation, 'I found one for you.', { propertyName: 'number nine' })).toMatchObject({ offer: 'number nine', hasOffer: true })
})

test('the state survives being stored as JSON', () => {
  const state = observeReply(newConversation, offered)
  expect(JSON.parse(JSON.stringify(state))).toEqual(state)
})
