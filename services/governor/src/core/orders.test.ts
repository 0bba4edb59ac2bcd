import { expect, test } from '@jest/globals'
import { orderIn } from './orders.ts'

const order = (entity: string, after: string | null) => orderIn({ entity, after, who: 'ada' })

test('an order names the agent, the state and who gave it', () => expect(order('circuit/looker', '"open"')).toEqual({ agent: 'looker', order: { state: 'open', who: 'ada' } }))
test('taken back, measuring goes on', () => expect([order('circuit/a', null)?.order.state, order('circuit/a', 'null')?.order.state, order('circuit/a', '"closed"')?.order.state]).toEqual([null, null, 'closed']))
test('other changes, and what can\'t be understood, are no orders', () =>
  expect([order('quota/agent/a', '"open"'), order('circuit/a', '"half_open"'), order('circuit/a', '{'), order('circuit/a', '3')]).toEqual([undefined, undefined, undefined, undefined]))
