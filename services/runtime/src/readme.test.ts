import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { runtimeErrors } from './errors.ts'
import * as runtime from './index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the README\'s table of errors is the list in the code', () => {
  const [, table] = /<!-- errors:begin -->\n([^]*?)<!-- errors:end -->/.exec(readme) ?? []
  const rows = Object.entries(runtimeErrors).map(([code, doc]) => `| \`${code}\` | ${doc} |`)
  expect(table).toBe(['| code | what happened |', '| --- | --- |', ...rows, ''].join('\n'))
})

test('what the README says to use is there', () => {
  const [, table] = /\| to \| use \| in \|\n([^]*?)\n\n/.exec(readme) ?? []
  const names = [...(table ?? '').matchAll(/`([a-zA-Z]+)`/g)].map(([, name]) => name!).filter(name => name !== 'TaskLogic')
  expect(names.length).toBeGreaterThan(15)
  expect(names.filter(name => !(name in runtime))).toEqual([])
})
