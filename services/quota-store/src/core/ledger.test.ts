import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Ledger } from './ledger.ts'
import type { SlotRequest } from './slots.ts'

const limits = { quotaId: 'role/bot', ratePerS: 10, burst: 2, outstandingMax: 100 }
const request = (offset: number, more: Partial<SlotRequest> = {}): SlotRequest => ({ lane: 1, offset, source: 'a', isUrgent: false, limits, delayMsMax: null, ...more })

test('rounds that fail and are asked again, in any cut and any number, spend what one would have', () => {
  const size = fc.integer({ min: 1, max: 6 })
  const rounds = fc.array(fc.record({ size, attempts: fc.array(size, { maxLength: 3 }) }), { minLength: 1, maxLength: 10 })
  fc.assert(fc.property(rounds, asked => {
    const [failing, smooth] = [new Ledger({ epochUs: 0 }), new Ledger({ epochUs: 0 })]
    let next = 0
    let nowUs = 0
    for (const { size, attempts } of asked) {
      nowUs += 130_000
      const round = Array.from({ length: size }, (_, i) => request(next + i))
      for (const cut of attempts) failing.reserve(0, 1, round.slice(0, cut), nowUs)
      expect(failing.reserve(0, 1, round, nowUs)).toEqual(smooth.reserve(0, 1, round, nowUs))
      next += size
    }
  }))
})

test('sources without a slot ahead are forgotten first where there are too many', () => {
  const startUs = 1e9
  const ledger = new Ledger({ epochUs: 0 })
  ledger.reserve(0, 1, [0, 1, 2, 3].map(offset => request(offset, { source: 'waits' })), startUs)
  for (let i = 0; i < 9_999; i++) ledger.reserve(1, 1, [request(i, { source: `idle ${i}` })], startUs)
  ledger.reserve(1, 1, [request(9_999, { source: 'new' })], startUs + 150_000)
  expect(ledger.usage(startUs).map(({ source }) => source)).toEqual(['waits', 'new'])
})

test('where all of them wait, the one known longest is forgotten', () => {
  const ledger = new Ledger({ epochUs: 0 })
  for (let i = 0; i <= 10_000; i++) ledger.reserve(1, 1, [request(i, { source: `s${i}` })], 1e9)
  const known = ledger.usage(1e9).map(({ source }) => source)
  expect([known.length, known[0], known.at(-1)]).toEqual([10_000, 's1', 's10000'])
})
