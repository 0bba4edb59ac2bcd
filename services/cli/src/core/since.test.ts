import { expect, test } from '@jest/globals'
import { sinceMs } from './since.ts'

const nowMs = Date.UTC(2030, 0, 2)

test.each([
  ['90s', nowMs - 90_000], ['30m', nowMs - 1_800_000], ['2h', nowMs - 7_200_000], ['7d', nowMs - 604_800_000], ['2029-12-31', Date.UTC(2029, 11, 31)], ['2029-12-31T01:02:03Z', Date.UTC(2029, 11, 31, 1, 2, 3)]
])('%s is an instant', (text, atMs) => expect(sinceMs(text, nowMs)).toBe(atMs))

test.each(['', 'yesterday', '2', '2w', '-2h', '2029-13-45', '1.5h'])('%s is none', text => expect(sinceMs(text, nowMs)).toBeUndefined())
