import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { anomalyKinds } from '../src/core/anomaly.ts'
import { rules } from '../src/core/check.ts'
import { argumentsFrom, help } from '../src/arguments.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the README\'s rules are the checker\'s, and so are its kinds of anomaly', () => {
  for (const { name, promise } of rules) expect(readme).toContain(`| ${name} | ${promise} |`)
  expect(readme).toContain(anomalyKinds.join(', '))
})

test('the help names each option', () => {
  for (const option of ['minutes', 'seed', 'coordinators', 'json']) expect(help).toContain(`--${option}`)
})

test('arguments are numbers within bounds, and a seed of its own where none is given', () => {
  expect(argumentsFrom(['--minutes', '0.5', '--seed', '7'], 1)).toEqual({ minutes: 0.5, seed: 7, coordinators: 3, json: false })
  expect(argumentsFrom([], 41)).toEqual({ minutes: 2, seed: 41, coordinators: 3, json: false })
  expect(argumentsFrom(['-h'], 1)).toBe('help')
  for (const wrong of [['--minutes', '0'], ['--minutes', 'x'], ['--seed', '-1'], ['--seed', '1.5'], ['--coordinators', '9'], ['--what']]) {
    expect(argumentsFrom(wrong, 1)).toHaveProperty('problem')
  }
})
