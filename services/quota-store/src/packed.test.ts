import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { packNumbers, unpack } from './packed.ts'

test('numbers come out as they went in', () => {
  fc.assert(fc.property(fc.array(fc.double({ noNaN: true })), numbers => expect(unpack(packNumbers(numbers))).toEqual(numbers)))
})

test.each([
  ['00', 0], ['7f', 127], ['ff', -1], ['e0', -32], ['cc80', 128], ['cd0100', 256], ['ce00010000', 65_536], ['cf0006000000000001', 1_688_849_860_263_937],
  ['d080', -128], ['d1ff00', -256], ['d2fffeffff', -65_537], ['d3fffffffeffffffff', -4_294_967_297], ['ca3fc00000', 1.5], ['cb3ff8000000000000', 1.5],
  ['a26869', 'hi'], ['d9026869', 'hi'], ['da00026869', 'hi'], ['c0', null], ['c2', false], ['c3', true], ['920102', [1, 2]], ['dc000101', [1]], ['dd0000000101', [1]]
])('%s is read as the specification says', (hex, value) => expect(unpack(Buffer.from(hex, 'hex'))).toEqual(value))

test('what is never written here isn\'t guessed at', () => expect(() => unpack(Buffer.from('c700', 'hex'))).toThrow('0xc7'))
