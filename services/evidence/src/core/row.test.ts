import { expect, test } from '@jest/globals'
import { leafText, sealedEventOf, sealedNumber, type RowField } from './row.ts'

const text = 25
const fields: RowField[] = [
  { name: 'at', dataTypeID: 1184 }, { name: 'offset', dataTypeID: 20 }, { name: 'hop', dataTypeID: 23 }, { name: 'usage', dataTypeID: 3802 }, { name: 'is_probe', dataTypeID: 16 },
  { name: 'reason', dataTypeID: text }, { name: 'log', dataTypeID: 23 }, { name: 'leaf_index', dataTypeID: 20 }
]
const sealed = (row: Record<string, unknown>) => leafText(sealedEventOf(fields, row))

test('an event is its row, without its place and without what is empty', () =>
  expect(sealed({ at: new Date(Date.UTC(2026, 10, 21, 10, 11, 12, 13)), offset: '12', hop: 0, usage: { b: 1, a: [0.1] }, is_probe: false, reason: null, log: 3, leaf_index: '7' }))
    .toBe('{"at":"2026-11-21T10:11:12.013Z","hop":0,"is_probe":false,"offset":12,"usage":{"a":[0.1],"b":1}}'))

test('a column that came later and is empty changes nothing', () =>
  expect(leafText(sealedEventOf([...fields, { name: 'region', dataTypeID: text }], { hop: 1, region: null }))).toBe(sealed({ hop: 1 })))

test('an empty text is not nothing, and zero is not nothing', () => {
  expect(sealed({ reason: '' })).toBe('{"reason":""}')
  expect(sealed({ hop: 0, offset: '0' })).toBe('{"hop":0,"offset":0}')
  expect(sealed({ reason: undefined })).toBe('{}')
})

test('whole numbers beyond 2^53 are texts, so that no two look the same', () => {
  expect(sealed({ offset: '9007199254740991' })).toBe('{"offset":9007199254740991}')
  expect(sealed({ offset: '9007199254740993' })).toBe('{"offset":"9007199254740993"}')
  expect(sealed({ hop: 2 ** 60 })).toBe('{"hop":"1152921504606847000"}')
  expect([sealedNumber(2 ** 53 - 1), sealedNumber(2 ** 53), sealedNumber(-(2 ** 53)), sealedNumber(0.5)]).toEqual([2 ** 53 - 1, '9007199254740992', '-9007199254740992', 0.5])
})

test('a time that no calendar holds has a name', () => {
  expect(['at', 'at', 'at'].map((name, i) => sealed({ [name]: [Infinity, -Infinity, new Date(Number.NaN)][i] }))).toEqual(['{"at":"infinity"}', '{"at":"-infinity"}', '{"at":"unreadable"}'])
})
