import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { numberAt, sendingOf, sources, type SourcePlan } from './workload.ts'

const anySource = fc.constantFrom<SourcePlan>(...Object.values(sources))

test('what is sent is a function of seed, source and number', () => {
  fc.assert(fc.property(fc.integer({ min: 0 }), anySource, fc.integer({ min: 0, max: 100_000 }), (seed, source, number) => {
    expect(sendingOf(seed, source, number)).toEqual(sendingOf(seed, source, number))
  }))
})

test('a source that begins late begins with the first that is due from then on', () => {
  fc.assert(fc.property(anySource, fc.integer({ min: 0, max: 600_000 }), (source, atMs) => {
    const number = numberAt(source, atMs)
    expect(sendingOf(1, source, number).dueMs).toBeGreaterThanOrEqual(Math.floor(atMs))
    if (number > 0) expect(sendingOf(1, source, number - 1).dueMs).toBeLessThanOrEqual(atMs)
  }))
})

test('all classes, types and capabilities of a source come up, and none that it has not', () => {
  for (const source of Object.values(sources) as SourcePlan[]) {
    const all = Array.from({ length: 3_000 }, (_, number) => sendingOf(5, source, number))
    expect([...new Set(all.map(({ priority }) => priority))].sort()).toEqual(source.priorities.flatMap((share, priority) => share > 0 ? [priority] : []))
    expect([...new Set(all.filter(({ type }) => type === 'request').map(({ capability }) => capability))].sort()).toEqual(Object.keys(source.requests).sort())
    expect([...new Set(all.filter(({ type }) => type === 'event').map(({ capability }) => capability))].sort()).toEqual(Object.keys(source.events).sort())
    expect(new Set(all.map(({ token }) => token)).size).toBe(all.length)
  }
})
