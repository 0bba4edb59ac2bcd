import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { topicsTable } from './topics-table.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the README\'s table of topics is the catalogue\'s', () => {
  const [, table] = /<!-- topics:begin -->\n([\s\S]*)\n<!-- topics:end -->/.exec(readme) ?? []
  expect(table).toBe(topicsTable())
})

test('the README names every error code', () => {
  const source = ['plan-error.ts', 'names.ts', 'desired-topics.ts'].map(file => readFileSync(new URL(file, import.meta.url), 'utf8')).join('\n')
  const declared = [...source.matchAll(/(?:type TopicPlanErrorCode =|readonly code =) (.*)/g)].flatMap(([, list]) => [...list!.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code))
  expect(declared.length).toBeGreaterThan(5)
  for (const code of declared) expect(readme).toContain(`\`${code}\``)
})
