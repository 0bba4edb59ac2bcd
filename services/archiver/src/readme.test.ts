import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { configTable } from '@mesh/runtime'
import { config } from './config.ts'
import { rejectionReasons } from './core/chunk.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const between = (name: string) => new RegExp(`<!-- ${name} -->\n([^]*?)\n<!-- end -->`).exec(readme)?.[1]

test('the README\'s table of settings is the configuration\'s', () => expect(between('config')).toBe(configTable(config)))

test('the README\'s table of rejections is the code\'s', () => {
  const rows = Object.entries(rejectionReasons).map(([reason, doc]) => `| \`${reason}\` | ${doc} |`)
  expect(between('reasons')).toBe(['| reason in `rejected` | meaning |', '| --- | --- |', ...rows].join('\n'))
})
