import { expect, test } from '@jest/globals'
import { parseStartArguments } from './arguments.ts'

test.each([
  [[], { once: false, inputFile: undefined, concurrency: 8 }],
  [['--once', '--input', 'f', '--concurrency', '3'], { once: true, inputFile: 'f', concurrency: 3 }]
])('%j', (args, options) => expect(parseStartArguments(args)).toEqual({ type: 'run', options }))

test.each([[['--concurrency', '0']], [['--concurrency', 'x']], [['--what']], [['--input']]])('%j is refused with a reason', args =>
  expect(parseStartArguments(args)).toMatchObject({ type: 'wrong', problem: expect.stringMatching(/./) }))

test('--help wins over all else', () => expect(parseStartArguments(['--help', '--once'])).toEqual({ type: 'help' }))
