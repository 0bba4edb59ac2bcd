import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { topLevelNames } from './top-level-names.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the README names every record and every error code', () => {
  for (const name of topLevelNames) expect(readme).toContain(`| \`${name}\` |`)
  const source = ['codec-error.ts', 'registry-error.ts'].map(file => readFileSync(new URL(file, import.meta.url), 'utf8')).join('\n')
  const codes = [...source.matchAll(/ErrorCode = (.*)/g)].flatMap(([, list]) => [...list!.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code))
  expect(codes).toHaveLength(7)
  for (const code of codes) expect(readme).toContain(`\`${code}\``)
})
