import { expect, test } from '@jest/globals'
import { isOffTopic } from './off-topic.ts'

test.each([
  'Find me a restaurant near the apartment', 'I need a cab to get there', 'What will the weather be like?', 'I want to rent a car', 'Can you find a place to eat?',
  'I\'d like to watch a movie', 'Book me a table for two', 'I want to check my balance'
])('%j is off topic', text => {
  expect(isOffTopic(text)).toBe(true)
})

test.each([
  'I want an apartment near restaurants', 'I need a home close to the train', 'Find me a place with a car park', 'I want to rent an apartment', 'Do I need to pay a deposit?', 'I\'d like to take a look at it'
])('%j is about homes', text => {
  expect(isOffTopic(text)).toBe(false)
})
