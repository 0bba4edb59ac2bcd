import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { crashesAt, markFrom, markSaid, type StartMark, startAfter } from './start-mark.ts'

const gone = (): boolean => false
const alive = (): boolean => true

describe('a mark', () => {
  test('is read as it was written', () => {
    fc.assert(fc.property(fc.record({ crashes: fc.nat(999_999), by: fc.option(fc.uuid(), { nil: null }) }), mark => {
      expect(markFrom(markSaid(mark))).toEqual(mark)
    }))
  })

  test('is none where the text is something else', () => {
    for (const text of [null, undefined, '', 'm1', 'm2 1 x', 'm1 -1 x', 'm1 1 a b', 'm1 1 ', `m1 1 ${'x'.repeat(101)}`]) expect(markFrom(text)).toBeUndefined()
  })
})

describe('a partition that is taken over', () => {
  test('without a mark has seen no crash', () => expect(crashesAt(undefined, gone)).toBe(0))

  test('from a process that has gone without a word has seen one more', () => expect(crashesAt({ crashes: 1, by: 'p' }, gone)).toBe(2))

  test('from one that still runs, or has stopped in good order, has not', () => {
    expect(crashesAt({ crashes: 1, by: 'p' }, alive)).toBe(1)
    expect(crashesAt({ crashes: 1, by: null }, gone)).toBe(1)
  })
})

describe('starts at a record that ends its process each time', () => {
  /** What each start does until the record is set aside. */
  function startsUntilSetAside (crashesMax: number): string[] {
    const starts: string[] = []
    let mark: StartMark | undefined
    while (starts.at(-1) !== 'set_aside' && starts.length < 20) {
      const crashes = crashesAt(mark, gone)
      starts.push(startAfter(crashes, crashesMax))
      mark = { crashes, by: `process ${starts.length}` }
    }
    return starts
  }

  test('are as many as is set, the last two of them alone', () => {
    expect(startsUntilSetAside(4)).toEqual(['ordinary', 'ordinary', 'careful', 'careful', 'set_aside'])
    expect(startsUntilSetAside(3)).toEqual(['ordinary', 'careful', 'careful', 'set_aside'])
  })

  test('set aside nothing that never ran alone, however often its neighbours end the process', () => {
    let mark: StartMark | undefined
    for (let start = 0; start < 10; start++) {
      const crashes = crashesAt(mark, gone)
      const kind = startAfter(crashes, 4)
      expect(kind).not.toBe('set_aside')
      // In a careful start it waits for its turn, so the mark isn't its own.
      mark = { crashes, by: kind === 'ordinary' ? `process ${start}` : null }
    }
  })
})
