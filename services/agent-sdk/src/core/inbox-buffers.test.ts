import { describe, expect, test } from '@jest/globals'
import { TakePolicy } from '@mesh/runtime'
import fc from 'fast-check'
import { InboxBuffers } from './inbox-buffers.ts'

function opened (bounds = { recordsMax: 8, bytesMax: 1_000 }): InboxBuffers<string> {
  const buffers = new InboxBuffers<string>(bounds, new TakePolicy())
  for (const priority of [0, 1, 2, 3]) for (const partition of [0, 1]) buffers.open(`p${priority}/${partition}`, priority)
  return buffers
}
const taken = (buffers: InboxBuffers<string>, count: number): (string | undefined)[] => Array.from({ length: count }, () => buffers.take(0)?.record)

describe('inbox buffers', () => {
  test('empty gives nothing', () => expect(opened().take(0)).toBeUndefined())

  test('urgent first, in order within a partition', () => {
    const buffers = opened()
    for (const record of ['late 1', 'late 2']) buffers.put('p3/0', record, 1, 0)
    for (const record of ['soon 1', 'soon 2']) buffers.put('p0/0', record, 1, 0)
    expect(taken(buffers, 5)).toEqual(['soon 1', 'soon 2', 'late 1', 'late 2', undefined])
  })

  test('partitions of a class take turns', () => {
    const buffers = opened()
    for (const record of ['a1', 'a2', 'a3']) buffers.put('p1/0', record, 1, 0)
    for (const record of ['b1', 'b2']) buffers.put('p1/1', record, 1, 0)
    expect(taken(buffers, 5)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3'])
  })

  test('under a flood of urgent ones, one of sixteen picks is another\'s', () => {
    const buffers = opened({ recordsMax: 100, bytesMax: 10_000 })
    for (let index = 0; index < 40; index++) buffers.put('p0/0', 'urgent', 1, 0)
    buffers.put('p3/0', 'patient', 1, 0)
    expect(taken(buffers, 16)).toEqual([...Array<string>(15).fill('urgent'), 'patient'])
  })

  test('a place that only P0 may have takes P0 only, and no turn of the others', () => {
    const buffers = opened({ recordsMax: 100, bytesMax: 10_000 })
    buffers.put('p3/0', 'patient', 1, 0)
    expect(buffers.takeUrgent()).toBeUndefined()
    for (let index = 0; index < 40; index++) buffers.put(`p0/${index % 2}`, 'urgent', 1, 0)
    const mixed = Array.from({ length: 16 }, () => [buffers.takeUrgent()!.record, buffers.take(0)!.record])
    expect(mixed.map(([kept]) => kept)).toEqual(Array(16).fill('urgent'))
    expect(mixed.map(([, shared]) => shared)).toEqual([...Array<string>(15).fill('urgent'), 'patient'])
    expect(buffers.size).toBe(9)
  })

  test('of P1 to P3 none starves, and one that has waited too long for its class goes ahead', () => {
    const buffers = opened({ recordsMax: 100, bytesMax: 10_000 })
    for (let index = 0; index < 70; index++) for (const priority of [1, 2, 3]) buffers.put(`p${priority}/0`, `p${priority}`, 1, priority === 2 ? -60_000 : 0)
    const counts = Object.groupBy(taken(buffers, 70) as string[], record => record)
    expect([counts.p1, counts.p2, counts.p3].map(records => records!.length)).toEqual([13, 53, 4].map(count => expect.closeTo(count, -1)))
  })

  test('whatever waits comes out once, in the order of its partition, and no class waits for ever', () => {
    const put = fc.record({ priority: fc.nat(3), partition: fc.nat(1), waitedMs: fc.nat(30_000) })
    fc.assert(fc.property(fc.array(put, { maxLength: 300 }), puts => {
      const buffers = opened({ recordsMax: 1_000, bytesMax: 1_000_000 })
      const wanted = puts.map(({ priority, partition, waitedMs }, index) => {
        buffers.put(`p${priority}/${partition}`, `p${priority}/${partition} ${index}`, 1, -waitedMs)
        return `p${priority}/${partition} ${index}`
      })
      const got = taken(buffers, puts.length) as string[]
      expect(got.toSorted()).toEqual(wanted.toSorted())
      const byPartition = (records: string[]): Partial<Record<string, string[]>> => Object.groupBy(records, record => record.split(' ')[0]!)
      expect(byPartition(got)).toEqual(byPartition(wanted))
      expect(buffers.take(0)).toBeUndefined()
    }))
  })

  test('a partition at its bound of records is paused once and resumed at a quarter', () => {
    const buffers = opened({ recordsMax: 4, bytesMax: 1_000 })
    for (let index = 0; index < 4; index++) buffers.put('p0/0', String(index), 1, 0)
    expect(buffers.hasRoom('p0/0')).toBe(false)
    expect([buffers.pauses('p0/0'), buffers.pauses('p0/0'), buffers.pauses('p0/1')]).toEqual([true, false, false])
    expect(Array.from({ length: 4 }, () => buffers.take(0)?.resume)).toEqual([undefined, undefined, 'p0/0', undefined])
  })

  test('a partition at its bound of bytes is paused', () => {
    const buffers = opened({ recordsMax: 4, bytesMax: 1_000 })
    buffers.put('p0/0', 'large', 5_000, 0)
    expect(buffers.pauses('p0/0')).toBe(true)
    expect(buffers.take(0)).toEqual({ record: 'large', resume: 'p0/0' })
  })

  test('what waits in a partition that went away is dropped', () => {
    const buffers = opened()
    buffers.put('p0/0', 'gone', 1, 0)
    buffers.put('p1/0', 'kept', 1, 0)
    buffers.close('p0/0')
    expect(buffers.size).toBe(1)
    expect(buffers.hasRoom('p0/0')).toBe(false)
    expect(taken(buffers, 2)).toEqual(['kept', undefined])
  })
})
