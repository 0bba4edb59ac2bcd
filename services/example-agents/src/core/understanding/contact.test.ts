import { expect, test } from '@jest/globals'
import { findContact, withoutContact } from './contact.ts'

test.each([
  ['My name is Anna Smith, call me at (510) 555-1234', { name: 'Anna Smith', phone: '(510) 555-1234' }],
  ['write to Jane.Doe@Example.com', { email: 'jane.doe@example.com' }],
  ['This is Omar from Fremont, 408-265-4808', { name: 'Omar', phone: '408-265-4808' }],
  ['+49 30 1234 5678', { phone: '+49 30 1234 5678' }],
  ['I\'m Looking for a home', {}],
  ['I am Interested.', {}],
  ['the rent is 2500 dollars', {}]
])('%j gives %j', (text, contact) => {
  expect(findContact(text)).toEqual(contact)
})

test('contact data can be taken out of a text', () => {
  expect(withoutContact('a@b.com or 510-555-1234').trim()).toBe('or')
})
