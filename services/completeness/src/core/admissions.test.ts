import { expect, test } from '@jest/globals'
import { kindOfRow } from './admissions.ts'

const at = { topic: 'mesh.dispatch.p1', partition: 2, offset: 7 }
const kind = (eventId: string, decision: string) => kindOfRow({ eventId, decision, ...at })

test.each(['delivered', 'refused', 'deferred', 'repeated', 'late', 'progressed'])('a decision %s under the position of its record is the admission', decision => {
  expect(kind('mesh.dispatch.p1/2/7', decision)).toBe('admission')
})

test.each([
  ['mesh.dispatch.p0/2/9/outcome', 'completed'], ['mesh.dispatch.p1/2/7/released', 'released'], ['mesh.dispatch.p1/2/7/released', 'refused'],
  ['mesh.dispatch.p1/2/7/attempt/2', 'redelivered'], ['mesh.dispatch.p1/2/7/ended', 'completed'], ['mesh.dispatch.p1/2/7/dead-letter', 'dead_lettered'],
  ['task/2/d-1/timeout/1700', 'timed_out'], ['task/2/quota/bot/e1', 'cleared']
])('%s is a later decision', (eventId, decision) => {
  expect(kind(eventId, decision)).toBe('later')
})

test.each([
  ['mesh.dispatch.p1/2/8', 'delivered'], ['copy', 'delivered'], ['mesh.dispatch.p1/2/7/again', 'refused'], ['mesh.dispatch.p1/2/7/outcome', 'delivered'], ['task/2/d-1/timeout/1700', 'repeated']
])('%s as %s is stray', (eventId, decision) => {
  expect(kind(eventId, decision)).toBe('stray')
})
