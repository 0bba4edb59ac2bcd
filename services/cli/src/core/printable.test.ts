import { expect, test } from '@jest/globals'
import { printable, readableText } from './printable.ts'

test.each([
  ['memory-lookup', 'memory-lookup'], ['', '–'], [null, '–'], [undefined, '–'], ['a\u001b[2Jb\r\n', 'a\uFFFD[2Jb\uFFFD\uFFFD'], ['\u202egnp', '\uFFFDgnp'], ['é€😀', 'é€😀']
])('%j is shown as %j', (given, shown) => {
  expect(printable(given)).toBe(shown)
})

test('a long text is cut', () => {
  expect(printable('x'.repeat(100_000))).toMatch(/^x{119}…$/)
})

test('a text that was asked for keeps its lines and its length, but no control characters', () =>
  expect(readableText(`{\n\t"a": "${'x'.repeat(500)}\u001b[31m"\r\n}`)).toBe(`{\n\t"a": "${'x'.repeat(500)}\uFFFD[31m"\uFFFD\n}`))
