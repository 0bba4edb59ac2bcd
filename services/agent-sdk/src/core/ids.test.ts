import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { cancelId, givenUpId, keyedWorkflowId, replyId, rootId } from './ids.ts'

const digest = (text: string) => createHash('sha256').update(text).digest()
const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('ids', () => {
  test('a root id is a version 7 UUID that begins with its time', () => {
    const id = rootId(0x0190_0000_0001, new Uint8Array(10).fill(0xff))
    expect(id).toBe('01900000-0001-7fff-bfff-ffffffffffff')
    expect(id).toMatch(uuidShape)
  })

  test('a later root id sorts after an earlier one', () =>
    expect(rootId(1_800_000_000_001, new Uint8Array(10)) > rootId(1_800_000_000_000, new Uint8Array(10).fill(0xff))).toBe(true))

  test('too little randomness is refused', () => expect(() => rootId(1, new Uint8Array(9))).toThrow(RangeError))

  test('answers of different requests, and of later attempts, have ids of their own; that of a first attempt is that of always', () => {
    expect(replyId('p', digest, 1)).toBe(replyId('p', digest))
    const all = [1, 2, 3].map(attempt => replyId('p', digest, attempt))
    expect(new Set([...all, replyId('q', digest), cancelId('p', digest), givenUpId('p', 1, digest), givenUpId('p', 2, digest)]).size).toBe(7)
    for (const id of all) expect(id).toMatch(uuidShape)
  })

  test('the same source, capability and key give the same workflow, and nothing else does', () => {
    expect(keyedWorkflowId('a', 'b', 'c', digest)).toBe(keyedWorkflowId('a', 'b', 'c', digest))
    expect(new Set([['a', 'b', 'c'], ['a', 'bc', ''], ['ab', '', 'c'], ['a', 'b', 'd']].map(([source, capability, key]) => keyedWorkflowId(source!, capability!, key!, digest))).size).toBe(4)
  })
})
