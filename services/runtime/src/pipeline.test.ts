import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ended, pipeline } from './pipeline.ts'

const parsed = (batch: readonly string[]) => batch.map(text => /^\d+$/.test(text) ? Number(text) : ended(`${text} is no number`))
const small = (batch: readonly number[]) => batch.map(number => number < 100 ? number : ended(`${number} is too large`))
const doubled = (batch: readonly number[]) => batch.map(number => number * 2)

const path = pipeline<string, string>().step('parse', parsed).step('check', small).step('double', doubled)

describe('a path', () => {
  test('ends each record once, in the batch\'s order, and names the step that ended it', () => {
    expect(path.run(['1', 'x', '500', '7'])).toEqual([
      { type: 'through', value: 2 },
      { type: 'ended', outcome: 'x is no number', step: 'parse' },
      { type: 'ended', outcome: '500 is too large', step: 'check' },
      { type: 'through', value: 14 }
    ])
  })

  test('gives a step only what is still on the path, in one call', () => {
    const calls: (readonly number[])[] = []
    pipeline<string, string>().step('parse', parsed).step('look', batch => {
      calls.push(batch)
      return batch
    }).run(['1', 'x', '2'])
    expect(calls).toEqual([[1, 2]])
  })

  test('does not call a step for nothing', () => {
    let calls = 0
    const counting = pipeline<string, string>().step('parse', parsed).step('count', batch => {
      calls++
      return batch
    })
    expect([counting.run(['x']).length, counting.run([]).length, calls]).toEqual([1, 0, 0])
  })

  test('is refused when a step loses or invents a record', () => {
    const losing = pipeline<number, string>().step('lose', batch => batch.slice(1))
    expect(() => losing.run([1, 2])).toThrow(expect.objectContaining({ code: 'PIPELINE_BROKEN', message: 'lose answered for 1 of 2 records' }))
    expect(() => pipeline<number, string>().step('invent', batch => [...batch, 3]).run([1])).toThrow('invent answered for 2 of 1 records')
  })

  test('passes an error on: nothing of the batch is done', () => {
    const failing = pipeline<number, string>().step('fail', () => { throw new Error('no room') })
    expect(() => failing.run([1])).toThrow('no room')
  })

  test('tells its steps, and is not changed by being continued', () => {
    const more = path.step('again', doubled)
    expect([path.steps, more.steps]).toEqual([['parse', 'check', 'double'], ['parse', 'check', 'double', 'again']])
  })

  test('answers for whatever is in the batch as each record alone would be answered', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.nat(300).map(String), fc.string())), batch => {
      expect(path.run(batch)).toEqual(batch.flatMap(record => path.run([record])))
    }))
  })
})

test('a path with an asynchronous step is awaited, and keeps the same rules', async () => {
  const asynchronous = pipeline<string, string>().step('parse', parsed).asyncStep('look up', async batch => small(batch)).step('double', doubled)
  expect(asynchronous.steps).toEqual(['parse', 'look up', 'double'])
  expect(await asynchronous.run(['4', 'x', '500'])).toEqual([
    { type: 'through', value: 8 }, { type: 'ended', outcome: 'x is no number', step: 'parse' }, { type: 'ended', outcome: '500 is too large', step: 'look up' }
  ])
  await expect(pipeline<number, string>().asyncStep('lose', async () => []).run([1])).rejects.toMatchObject({ code: 'PIPELINE_BROKEN' })
})
