// The README's tables are those of the code.
import { expect, test } from '@jest/globals'
import { configTable } from '@mesh/runtime'
import { readFileSync } from 'node:fs'
import { cliConfig } from './config.ts'
import { cliCodes } from './errors.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const block = (name: string): string => readme.split(`<!-- ${name}:begin -->\n`)[1]?.split(`<!-- ${name}:end -->`)[0]?.trimEnd() ?? ''

test('the README has every setting, as the code has it', () => {
  expect(block('config')).toBe(configTable(cliConfig))
})

test('the README has every error, and what to do', () => {
  expect(block('errors')).toBe(['| code | what to do |', '| --- | --- |', ...Object.entries(cliCodes).map(([code, next]) => `| \`${code}\` | ${next} |`)].join('\n'))
})
