import { expect, test } from '@jest/globals'
import { attachStack, partNames, stackEnvironment } from '../src/index.ts'

test('a worker process attaches to the run\'s stack, whose addresses it has in its environment', async () => {
  const stack = await attachStack()
  expect(process.env).toMatchObject(stackEnvironment(stack.addresses))
  for (const part of partNames) expect([part, await stack.isUp(part)]).toEqual([part, true])
})

test('attached, it can not stop what belongs to the run', async () => {
  const stack = await attachStack()
  await stack.stop()
  expect(await stack.isUp('kafka')).toBe(true)
})

test('outside a run of the tests there is nothing to attach to', async () => {
  await expect(attachStack({})).rejects.toMatchObject({ code: 'STACK_NOT_RUNNING' })
})
