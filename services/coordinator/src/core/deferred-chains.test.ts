import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DeferredChains } from './deferred-chains.ts'
import { DeferredTable, none } from './deferred-table.ts'

/** Orders that meet in the same places of the table, and such that don't. */
const orders = Array.from({ length: 1_500 }, (_, i) => (i % 30) * 2 ** 21 + i)

test('property: a chain is found as long as something of it is left, whatever comes and goes beside it', () => {
  const step = fc.record({ order: fc.constantFrom(...orders), goes: fc.nat(3).map(n => n === 0) })
  fc.assert(fc.property(fc.array(step, { minLength: 500, maxLength: 3_000 }), steps => {
    const table = new DeferredTable()
    const chains = new DeferredChains(table)
    const expected = new Map<number, number[]>()
    steps.forEach(({ order, goes }, offset) => {
      const rows = expected.get(order)
      if (goes && rows !== undefined) {
        rows.shift()
        chains.shorten(order, rows[0] ?? none)
        if (rows.length === 0) expected.delete(order)
      } else if (!goes) {
        const row = table.add({ offset, dueMs: 0, deadlineMs: Infinity, priority: 3, lane: 3, ingressOffset: offset, source: 's', target: 't', workflowId: 'w' })
        table.order[row] = order
        chains.append(row)
        expected.set(order, [...rows ?? [], row])
      }
    })
    const rowsOf = (order: number) => {
      const rows = [chains.head(order)]
      while (rows.length < chains.count(order)) rows.push(table.next[rows.at(-1)!]!)
      return chains.count(order) === 0 ? [] : rows
    }
    expect(orders.map(rowsOf)).toEqual(orders.map(order => expected.get(order) ?? []))
    expect(orders.map(order => chains.tail(order))).toEqual(orders.map(order => expected.get(order)?.at(-1) ?? none))
  }), { numRuns: 30 })
})
