import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { findingCodes } from './core/finding.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the README\'s table of findings is the code\'s', () => {
  const rows = Object.entries(findingCodes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`)
  expect(/<!-- findings:begin -->\n([^]*?)\n<!-- findings:end -->/.exec(readme)?.[1]).toBe(['| code | meaning |', '| --- | --- |', ...rows].join('\n'))
})
