import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { configTable } from '@mesh/runtime'
import { config } from './config.ts'
import { apiCodes } from './core/codes.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const between = (name: string) => new RegExp(`<!-- ${name} -->\n([^]*?)\n<!-- end -->`).exec(readme)?.[1]

test('the README\'s table of settings is the configuration\'s', () => expect(between('config')).toBe(configTable(config)))

test('the README\'s table of codes is the code\'s', () => {
  const rows = Object.entries(apiCodes).map(([code, { status, retriable, doc, next }]) => `| \`${code}\` | ${status} | ${retriable ? 'yes' : 'no'} | ${doc} | ${next} |`)
  expect(between('codes')).toBe(['| code | status | retry | meaning | what to do |', '| --- | --- | --- | --- | --- |', ...rows].join('\n'))
})
