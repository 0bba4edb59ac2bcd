import { expect, test } from '@jest/globals'
import { paintWith, renderTable } from './terminal.ts'

const rows = [['memory', '1'], ['intent-decoder', '2\n3']]

test('a table is aligned plain text, without trailing spaces', () => {
  expect(renderTable(['agent', 'offers'], rows, paintWith(false))).toBe('agent           offers\nmemory          1\nintent-decoder  2\n                3')
})

test('with colours it is aligned all the same', () => {
  const coloured = renderTable(['agent', 'offers'], [[paintWith(true).good('memory'), '1']], paintWith(true))
  expect(coloured).toBe('\u001b[2magent\u001b[22m   \u001b[2moffers\u001b[22m\n\u001b[32mmemory\u001b[39m  1')
})
