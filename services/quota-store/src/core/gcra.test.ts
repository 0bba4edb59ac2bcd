import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { clearsAtUs, newSource, pacesOf, reserveSlot, type Slot, type SlotAsk, type SourceState } from './gcra.ts'

const startUs = 1_790_000_000_000_000
const limitsOf = fc.record({
  ratePerS: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.double({ min: 0.01, max: 2_000, noNaN: true })),
  burst: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.double({ min: 1, max: 50, noNaN: true })),
  outstandingMax: fc.integer({ min: 0, max: 200 })
})
type Limits = Parameters<typeof pacesOf>[0]
const any: SlotAsk = { isUrgent: false, delayUsMax: Infinity, behindUs: 0 }
const urgent: SlotAsk = { ...any, isUrgent: true }
/** Pauses before each question, in intervals. */
const arrivals = fc.array(fc.record({ pause: fc.double({ min: 0, max: 3, noNaN: true }), isUrgent: fc.boolean() }), { minLength: 1, maxLength: 150 })

class Source {
  nowUs = startUs
  limits: Limits
  state: SourceState

  constructor (limits: Limits, epochUs = 0) {
    this.limits = limits
    this.state = newSource(pacesOf(limits), this.nowUs, epochUs)
  }

  wait (intervals: number): this {
    this.nowUs += Math.round(intervals * pacesOf(this.limits).all.intervalUs)
    return this
  }

  ask (ask: SlotAsk = any): Slot {
    const { state, slot } = reserveSlot(this.state, ask, pacesOf(this.limits), this.nowUs)
    this.state = state
    return slot
  }
}

const slotsOf = (slots: readonly Slot[]): number[] => slots.flatMap(slot => slot.outcome === 'granted' ? [slot.slotUs] : [])

function expectWithin (slots: readonly number[], intervalUs: number, toleranceUs: number): void {
  for (let first = 0; first < slots.length; first++) {
    for (let last = first + 1; last < slots.length; last++) {
      if ((last - first) * intervalUs > slots[last]! - slots[first]! + toleranceUs) expect({ first, last, slots }).toBe('within rate and burst')
    }
  }
}

describe('rate and burst', () => {
  test('in no window of any length are there more slots than rate and burst allow', () => {
    fc.assert(fc.property(limitsOf, arrivals, fc.boolean(), (limits, asked, isUrgent) => {
      const source = new Source(limits)
      const { all, urgent: urgentPace } = pacesOf(limits)
      const { intervalUs, toleranceUs } = isUrgent ? urgentPace : all
      expectWithin(slotsOf(asked.map(({ pause }) => source.wait(pause).ask({ ...any, isUrgent }))), intervalUs, toleranceUs)
    }))
  })
  test('no interval is shorter than the rate says', () => {
    fc.assert(fc.property(limitsOf, limits => {
      const { all, urgent: urgentPace } = pacesOf(limits)
      expect(all.intervalUs * limits.ratePerS).toBeGreaterThanOrEqual(1e6 * (1 - 1e-12))
      expect(urgentPace.intervalUs * limits.ratePerS * 0.8).toBeGreaterThanOrEqual(1e6 * (1 - 1e-12))
    }))
  })
  test('after a pause the whole burst is at once, and the next one waits an interval', () => {
    const source = new Source({ ratePerS: 10, burst: 3, outstandingMax: 10 })
    expect(slotsOf([1, 2, 3, 4, 5].map(() => source.ask())).map(slotUs => slotUs - startUs)).toEqual([0, 0, 0, 100_000, 200_000])
  })
  test('slots that lie ahead are strictly in the order of the questions, whatever becomes of the limits meanwhile', () => {
    const change = fc.record({ pause: fc.double({ min: 0, max: 3, noNaN: true }), isUrgent: fc.boolean(), limits: fc.option(limitsOf) })
    const changes = fc.array(change, { maxLength: 150 })
    fc.assert(fc.property(limitsOf, changes, (limits, asked) => {
      const source = new Source(limits)
      const last = { true: 0, false: 0 }
      for (const { pause, isUrgent, limits: others } of asked) {
        source.limits = others ?? source.limits
        const slot = source.wait(pause).ask({ ...any, isUrgent })
        if (slot.outcome !== 'granted') continue
        const key = `${isUrgent}` as const
        if (slot.slotUs > source.nowUs) expect(slot.slotUs).toBeGreaterThan(last[key])
        else expect(slot.slotUs).toBeGreaterThanOrEqual(last[key])
        last[key] = slot.slotUs
      }
    }))
  })
})

describe('P0 and the rest', () => {
  test('what is not P0 never moves a slot of P0', () => {
    fc.assert(fc.property(limitsOf, arrivals, (limits, asked) => {
      const [mixed, alone] = [new Source(limits), new Source(limits)]
      for (const { pause, isUrgent } of asked) {
        mixed.wait(pause)
        alone.wait(pause)
        if (!isUrgent) mixed.ask()
        else expect(slotsOf([mixed.ask(urgent)])).toEqual(slotsOf([alone.ask(urgent)]))
      }
    }))
  })
  test('however much P0 there is, the rest has a fifth of the rate', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 20 }), (ratePerS, burst, flood) => {
      const source = new Source({ ratePerS, burst, outstandingMax: 1_000 })
      const rest: number[] = []
      for (let i = 0; i < 300; i++) {
        source.wait(0.5)
        for (let n = 0; n < flood; n++) source.ask(urgent)
        rest.push(...slotsOf([source.ask({ ...any, delayUsMax: 0 })]))
      }
      expect(rest.length).toBeGreaterThanOrEqual(300 * 0.5 / 5 - 1)
    }), { numRuns: 30 })
  })
  test('both flooding, they come to no more than the rate, but for P0\'s own burst', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 50 }), (ratePerS, burst) => {
      const source = new Source({ ratePerS, burst, outstandingMax: 1_000 })
      let count = 0
      for (let i = 0; i < 1_000; i++) {
        source.wait(0.5)
        count += slotsOf([source.ask({ ...urgent, delayUsMax: 0 }), source.ask({ ...any, delayUsMax: 0 })]).length
      }
      expect(count).toBeLessThanOrEqual(500 + burst + Math.max(1, 0.8 * burst) + 1)
    }), { numRuns: 30 })
  })
})

describe('what is refused', () => {
  test('for a backlog at its bound or a slot too late: nothing changes, and the time told is the time needed', () => {
    fc.assert(fc.property(limitsOf, arrivals, fc.double({ min: 0, max: 20, noNaN: true }), (limits, asked, delayMax) => {
      const source = new Source(limits)
      const { intervalUs } = pacesOf(limits).all
      for (const { pause, isUrgent } of asked) {
        source.wait(pause)
        const { state } = source
        const ask = { ...any, isUrgent, delayUsMax: delayMax * intervalUs }
        const slot = source.ask(ask)
        if (slot.outcome === 'granted') continue
        expect(source.state).toBe(state)
        const later = reserveSlot(state, ask, pacesOf(limits), slot.retryAtUs).slot
        expect(later.outcome === 'refused' && later.reason === slot.reason).toBe(false)
      }
    }))
  })
  test('never more ahead than may be outstanding', () => {
    fc.assert(fc.property(limitsOf, fc.array(fc.boolean(), { maxLength: 300 }), (limits, asked) => {
      const source = new Source(limits)
      for (const isUrgent of asked) {
        const slot = source.ask({ ...any, isUrgent })
        if (slot.outcome === 'granted') expect(slot.backlogRecords).toBeLessThanOrEqual(limits.outstandingMax)
      }
    }))
  })
})

describe('episodes', () => {
  test('the first one that waits opens one, and no other does before it is over', () => {
    fc.assert(fc.property(limitsOf, arrivals, (limits, asked) => {
      const source = new Source({ ...limits, outstandingMax: 1_000 })
      let open: string | null = null
      for (const { pause, isUrgent } of asked) {
        source.wait(pause)
        if (open !== null && clearsAtUs(source.state) <= source.nowUs) {
          source.state = { ...source.state, episode: null }
          open = null
        }
        const slot = source.ask({ ...any, isUrgent })
        if (slot.outcome !== 'granted') continue
        expect(slot.episode !== null).toBe(open === null && slot.slotUs > source.nowUs)
        open ??= slot.episode
      }
    }))
  })
  test('at a constant rate, however near to its own, a source is told once in ten seconds at most', () => {
    fc.assert(fc.property(fc.double({ min: 0.8, max: 1.2, noNaN: true }), spread => {
      const source = new Source({ ratePerS: 100, burst: 100, outstandingMax: 100_000 })
      let opened = 0
      for (let i = 0; i < 1_000; i++) {
        source.wait(spread)
        if (clearsAtUs(source.state) <= source.nowUs) source.state = { ...source.state, episode: null }
        const slot = source.ask()
        if (slot.outcome === 'granted' && slot.episode !== null) opened++
      }
      expect(opened).toBeLessThanOrEqual(1)
    }), { numRuns: 50 })
  })
  test('one that nobody has asked about for a minute after its end is forgotten', () => {
    const source = new Source({ ratePerS: 10, burst: 1, outstandingMax: 10 })
    source.ask()
    const opening = source.ask()
    source.wait(590)
    source.ask()
    expect(source.ask()).toMatchObject({ episode: null })
    source.wait(700)
    source.ask()
    const next = source.ask()
    expect(opening).toMatchObject({ outcome: 'granted', episode: String(startUs) })
    expect(next).toMatchObject({ outcome: 'granted', episode: String(source.nowUs) })
  })
})

describe('a count that was lost', () => {
  test('begins with an empty bucket, which fills at the rate', () => {
    const limits = { ratePerS: 10, burst: 5, outstandingMax: 100 }
    const atOnce = (source: Source) => slotsOf(Array.from({ length: 5 }, () => source.ask())).filter(slotUs => slotUs === source.nowUs).length
    expect([0, 2, 4, 9].map(intervals => atOnce(new Source(limits, startUs).wait(intervals)))).toEqual([1, 3, 5, 5])
  })
  test('goes on behind what a task knows to wait', () => {
    const source = new Source({ ratePerS: 10, burst: 5, outstandingMax: 100 }, startUs)
    expect(slotsOf([source.ask({ ...any, behindUs: 3_000_000 }), source.ask()]).map(slotUs => slotUs - startUs)).toEqual([3_100_000, 3_200_000])
  })
  test('whereas a count that is whole stays as it is', () => {
    fc.assert(fc.property(limitsOf, arrivals, (limits, asked) => {
      const [told, untold] = [new Source(limits), new Source(limits)]
      const last = { true: 0, false: 0 }
      for (const { pause, isUrgent } of asked) {
        told.wait(pause)
        untold.wait(pause)
        const slot = told.ask({ ...any, isUrgent, behindUs: Math.max(0, last[`${isUrgent}`] - told.nowUs) })
        expect(slot).toEqual(untold.ask({ ...any, isUrgent }))
        if (slot.outcome === 'granted') last[`${isUrgent}`] = slot.slotUs
      }
    }))
  })
})
