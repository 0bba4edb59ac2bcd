import { expect, test } from '@jest/globals'
import { speechActsOf, type SpeechActs } from './speech-acts.ts'

test.each<[string, keyof SpeechActs]>([
  ['Yes, please.', 'agrees'], ['Sure', 'agrees'], ['That sounds great', 'agrees'],
  ['No thanks', 'declines'], ['Not at this time.', 'declines'], ['I\'d rather not schedule it just yet', 'declines'],
  ['That apartment sounds really great', 'likes'], ['I\'ll take it', 'likes'], ['It has everything I need', 'likes'], ['Perfect!', 'likes'],
  ['Thanks a lot', 'thanks'], ['Hello', 'greets'], ['That\'s all for now', 'parts'], ['bye', 'parts'],
  ['I\'d like to take a look at it', 'wantsVisit'], ['Can you schedule an appointment?', 'wantsVisit'],
  ['Put it on my calendar', 'wantsCalendarEntry'], ['I need a place to live', 'wantsHome'],
  ['Can I speak to a real person?', 'wantsHuman'], ['I want to talk to an agent', 'wantsHuman'],
  ['I want to sell my house', 'sells'], ['What\'s my home worth?', 'sells']
])('%j: %s', (text, act) => {
  expect(speechActsOf(text, false)[act]).toBe(true)
})

test.each<[string, keyof SpeechActs]>([
  ['No, that is wrong', 'agrees'], ['I need two bedrooms', 'declines'], ['What is the phone number?', 'likes'], ['Give me their number', 'wantsVisit'],
  ['I don\'t want to schedule it now', 'wantsVisit'], ['I want to sell my house', 'wantsHome'], ['Is it a quiet place?', 'wantsHuman']
])('%j: not %s', (text, act) => {
  expect(speechActsOf(text, false)[act]).toBe(false)
})
