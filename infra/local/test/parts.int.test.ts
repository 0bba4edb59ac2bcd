import { expect, test } from '@jest/globals'
import { attachStack } from '../src/index.ts'

test('attach', async () => {
  const stack = await attachStack()
  expect(await stack.isUp('kafka')).toBe(true)
})
