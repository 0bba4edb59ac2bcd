import { expect, test } from '@jest/globals'
import { describesHome, readReply, silence } from './reply.ts'

test.each([
  ['In which area, and how many bedrooms?', { asksArea: true, asksBeds: true }],
  ['When would you like to visit?', { asksVisitDate: true, offersVisit: true }],
  ['Would you like to schedule a tour?', { offersVisit: true }],
  ['Is there anything else I can help you with today?', { offersMoreHelp: true }],
  ['Please confirm: a visit to Stone Mill on March 9th.', { confirmsVisit: true, offer: 'Stone Mill', visitDate: 'March 9th' }],
  ['Pets are allowed.', {}]
])('%j is read as %j', (reply, reading) => {
  expect(readReply(reply)).toMatchObject({ ...silence, ...reading, ...'asksVisitDate' in reading ? {} : { asksVisitDate: false } })
})

test('a home is described by a price together with rooms or an address, not by a price alone', () => {
  expect(describesHome('Stone Mill at 5 Hill Road rents for $2,000')).toBe(true)
  expect(describesHome('Your budget is $2,000. How many bedrooms?')).toBe(false)
})
