import { describe, expect, test } from '@jest/globals'
import { isProven, redriveProof } from './redrive-proof.ts'

const key = Buffer.from('a key of the control plane')
const unproven = { value: Buffer.from('a dispatch'), deadLetter: { topic: 'mesh.dead-letter', partition: 1, offset: 7 }, who: 'ops', why: 'mended', atMs: 1_000 }
const redrive = { ...unproven, proof: redriveProof(key, unproven) }

describe('the proof of a redrive', () => {
  test('holds for what it was made for', () => expect(isProven(key, redrive)).toBe(true))

  test.each([
    ['another dispatch', { value: Buffer.from('another') }],
    ['another dead letter', { deadLetter: { ...unproven.deadLetter, offset: 8 } }],
    ['another time', { atMs: 1_001 }],
    ['no proof', { proof: Buffer.alloc(0) }]
  ])('does not hold for %s', (_what, change) => expect(isProven(key, { ...redrive, ...change })).toBe(false))

  test('does not hold under another key', () => expect(isProven(Buffer.from('an agent\'s'), redrive)).toBe(false))
})
