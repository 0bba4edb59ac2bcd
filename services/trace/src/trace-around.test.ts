import { expect, test } from '@jest/globals'
import { answer, completed, dispatched } from './archived-event.fixture.ts'
import { traceAround } from './trace-around.ts'
import { buildTrace } from './trace-tree.ts'

const hops = buildTrace([
  dispatched({ dispatchId: 'root', appendedAtMs: 0 }),
  dispatched({ dispatchId: 'left', parentId: 'root', appendedAtMs: 10 }),
  dispatched({ dispatchId: 'left-leaf', parentId: 'left', appendedAtMs: 20 }),
  dispatched({ dispatchId: 'right', parentId: 'root', outcome: null, appendedAtMs: 30 }),
  completed({ dispatchId: 'right', parentId: 'root', appendedAtMs: 30 }),
  dispatched({ dispatchId: 'deep', parentId: 'right', appendedAtMs: 40 }),
  dispatched({ dispatchId: 'deeper', parentId: 'deep', appendedAtMs: 50 }),
  answer({ dispatchId: 'right-answer', inReplyTo: 'right', appendedAtMs: 60 }),
  dispatched({ dispatchId: 'elsewhere', appendedAtMs: 70 })
])
const relations = (id: string) => traceAround(hops, id)?.map(({ dispatchId, relation }) => `${dispatchId} ${relation}`)

test('a dispatch in the middle has its origin, itself and all that came of it; the rest is said to be other', () => {
  expect(relations('right')).toEqual(['root ancestor', 'left other', 'left-leaf other', 'right asked', 'deep descendant', 'deeper descendant', 'elsewhere other'])
})

test('a leaf is traced backward hop by hop, without its siblings', () => {
  expect(relations('deeper')).toEqual(['root ancestor', 'left other', 'left-leaf other', 'right ancestor', 'deep ancestor', 'deeper asked', 'elsewhere other'])
})

test('the origin is followed by everything below it, not by another origin', () => {
  expect(relations('root')).toEqual(['root asked', 'left descendant', 'left-leaf descendant', 'right descendant', 'deep descendant', 'deeper descendant', 'elsewhere other'])
})

test('an answer is found in the hop of its request, and an unknown dispatch nowhere', () => {
  expect(relations('right-answer')).toEqual(relations('right'))
  expect(relations('nobody')).toBeUndefined()
})
