import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { faultKinds, faultText, planFaults, quietMs, type Targets } from './fault-plan.ts'

const targets: Targets = { coordinators: ['coordinator-1', 'coordinator-2', 'coordinator-3'], services: ['governor', 'archiver', 'registry'], agents: ['agents-1', 'agents-2', 'caller'], shifted: 'caller' }

test('the same seed gives the same plan, another seed another', () => {
  expect(planFaults(7, 120_000, targets)).toEqual(planFaults(7, 120_000, targets))
  expect(planFaults(7, 120_000, targets)).not.toEqual(planFaults(8, 120_000, targets))
})

test('faults come in order of time, are over before the end, and hit a target one at a time', () => {
  fc.assert(fc.property(fc.integer({ min: 0 }), fc.integer({ min: 10_000, max: 300_000 }), (seed, runMs) => {
    const plan = planFaults(seed, runMs, targets)
    const overAtMs = new Map<string, number>()
    let beforeMs = 0
    for (const { atMs, lastsMs, target } of plan) {
      expect(atMs).toBeGreaterThanOrEqual(beforeMs)
      expect(atMs + lastsMs).toBeLessThanOrEqual(runMs - quietMs)
      expect(atMs).toBeGreaterThan(overAtMs.get(target) ?? 0)
      overAtMs.set(target, atMs + lastsMs)
      beforeMs = atMs
    }
  }))
})

test('two minutes see every kind, with any seed', () => {
  fc.assert(fc.property(fc.integer({ min: 0 }), seed => {
    const kinds = new Set(planFaults(seed, 120_000, targets).map(({ kind }) => kind))
    expect([...kinds].sort()).toEqual([...faultKinds].sort())
  }))
})

test('half a minute kills, at least', () => {
  fc.assert(fc.property(fc.integer({ min: 0 }), seed => {
    expect(planFaults(seed, 30_000, targets).map(({ kind }) => kind)).toContain('kill')
  }))
})

test('each fault can be read', () => {
  for (const fault of planFaults(3, 240_000, targets)) expect(faultText(fault)).toMatch(/^ *\d+\.\d s {2}\S/)
})
