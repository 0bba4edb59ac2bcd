import { describe, expect, test } from '@jest/globals'
import { InboxBuffers, yieldEvery } from './inbox-buffers.ts'

function opened (bounds = { recordsMax: 8, bytesMax: 1_000 }): InboxBuffers<string> {
  const buffers = new InboxBuffers<string>(bounds)
  for (const priority of [0, 1, 2, 3]) for (const partition of [0, 1]) buffers.open(`p${priority}/${partition}`, priority)
  return buffers
}
const taken = (buffers: InboxBuffers<string>, count: number): (string | undefined)[] => Array.from({ length: count }, () => buffers.take()?.record)

describe('inbox buffers', () => {
  test('empty gives nothing', () => expect(opened().take()).toBeUndefined())

  test('urgent first, in order within a partition', () => {
    const buffers = opened()
    for (const record of ['late 1', 'late 2']) buffers.put('p3/0', record, 1)
    for (const record of ['soon 1', 'soon 2']) buffers.put('p0/0', record, 1)
    expect(taken(buffers, 5)).toEqual(['soon 1', 'soon 2', 'late 1', 'late 2', undefined])
  })

  test('partitions of a class take turns', () => {
    const buffers = opened()
    for (const record of ['a1', 'a2', 'a3']) buffers.put('p1/0', record, 1)
    for (const record of ['b1', 'b2']) buffers.put('p1/1', record, 1)
    expect(taken(buffers, 5)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3'])
  })

  test('the least urgent class gets its turn under a flood of urgent ones', () => {
    const buffers = opened({ recordsMax: 100, bytesMax: 10_000 })
    for (let index = 0; index < 40; index++) buffers.put('p0/0', 'urgent', 1)
    buffers.put('p3/0', 'patient', 1)
    expect(taken(buffers, yieldEvery).at(-1)).toBe('patient')
  })

  test('a partition at its bound of records is paused once and resumed at a quarter', () => {
    const buffers = opened({ recordsMax: 4, bytesMax: 1_000 })
    for (let index = 0; index < 4; index++) buffers.put('p0/0', String(index), 1)
    expect(buffers.hasRoom('p0/0')).toBe(false)
    expect([buffers.pauses('p0/0'), buffers.pauses('p0/0'), buffers.pauses('p0/1')]).toEqual([true, false, false])
    expect(Array.from({ length: 4 }, () => buffers.take()?.resume)).toEqual([undefined, undefined, 'p0/0', undefined])
  })

  test('a partition at its bound of bytes is paused', () => {
    const buffers = opened({ recordsMax: 4, bytesMax: 1_000 })
    buffers.put('p0/0', 'large', 5_000)
    expect(buffers.pauses('p0/0')).toBe(true)
    expect(buffers.take()).toEqual({ record: 'large', resume: 'p0/0' })
  })

  test('what waits in a partition that went away is dropped', () => {
    const buffers = opened()
    buffers.put('p0/0', 'gone', 1)
    buffers.put('p1/0', 'kept', 1)
    buffers.close('p0/0')
    expect(buffers.size).toBe(1)
    expect(buffers.hasRoom('p0/0')).toBe(false)
    expect(taken(buffers, 2)).toEqual(['kept', undefined])
  })
})
