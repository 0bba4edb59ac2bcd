import { expect, test } from '@jest/globals'
import { configTable } from '@mesh/runtime'
import { readFileSync } from 'node:fs'
import { config } from './config.ts'
import { gatewayCodes } from './gateway/problems.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const block = (name: string): string => readme.split(`<!-- ${name}:begin -->\n`)[1]?.split(`<!-- ${name}:end -->`)[0]?.trimEnd() ?? ''

const codesTable = ['| code | HTTP | retriable | meaning |', '| --- | --- | --- | --- |',
  ...Object.entries(gatewayCodes).map(([code, { status, retriable, doc }]) => `| \`${code}\` | ${status} | ${retriable ? 'yes' : 'no'} | ${doc} |`)].join('\n')

test('the README\'s table of settings is the configuration\'s', () => expect(block('config')).toBe(configTable(config)))

test('the README\'s table of codes is the gateway\'s', () => expect(block('codes')).toBe(codesTable))
