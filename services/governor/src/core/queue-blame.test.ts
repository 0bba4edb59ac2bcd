import { expect, test } from '@jest/globals'
import { isQueuesFault, type QueueFacts } from './queue-blame.ts'

const busy: QueueFacts = { oldestAgeMs: 900, waitedMs: null, finishedPerS: 100, maxConcurrent: 20, slaP95Ms: 200 }
const blamed = (changes: Partial<QueueFacts>) => isQueuesFault(1_000, { ...busy, ...changes })

test('a long queue before an agent that works as promised is to blame', () => expect(blamed({})).toBe(true))
test('so it is when the answered ones had waited, whatever the inbox shows', () => expect(blamed({ oldestAgeMs: 0, waitedMs: 600 })).toBe(true))
test('a short queue is not', () => expect([blamed({ oldestAgeMs: 500 }), blamed({ oldestAgeMs: 0, waitedMs: 500 })]).toEqual([false, false]))
test('nothing moves: the agent is to blame', () => expect(blamed({ finishedPerS: 0, maxConcurrent: 0 })).toBe(false))
test('places held by handlers that hang: the agent is to blame for its queue, too', () => expect([blamed({ finishedPerS: 10 }), blamed({ finishedPerS: 49 }), blamed({ finishedPerS: 50 })]).toEqual([false, false, true]))
