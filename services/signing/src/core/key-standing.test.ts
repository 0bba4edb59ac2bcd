import { describe, expect, test } from '@jest/globals'
import { type AgentKey, clockToleranceMs, keyProblem } from './key-standing.ts'

const key: AgentKey = { keyId: 'k', agent: 'planner', publicKey: Buffer.alloc(32), notBeforeMs: 1_010_000, notAfterMs: 1_020_000, revokedAtMs: null }
const codeAt = (atMs: number, change: Partial<AgentKey> = {}, agent = 'planner'): string | undefined => keyProblem({ ...key, ...change }, agent, atMs)?.code

describe('a key', () => {
  test('speaks for its agent from its first moment to its last', () => {
    expect([codeAt(1_010_000), codeAt(1_015_000), codeAt(1_019_999)]).toEqual([undefined, undefined, undefined])
    expect([codeAt(1_020_000), codeAt(1_030_000)]).toEqual(['KEY_EXPIRED', 'KEY_EXPIRED'])
  })

  test('may be a little early, because clocks differ', () => {
    expect([codeAt(1_010_000 - clockToleranceMs), codeAt(1_010_000 - clockToleranceMs - 1)]).toEqual([undefined, 'KEY_EXPIRED'])
  })

  test('speaks for no other agent', () => expect(codeAt(1_015_000, {}, 'planner2')).toBe('KEY_NOT_OF_SOURCE'))

  test('that was revoked speaks for nobody, not even for what was signed before', () => {
    expect([codeAt(1_015_000, { revokedAtMs: 19_000 }), codeAt(1_015_000, { revokedAtMs: 0 })]).toEqual(['KEY_REVOKED', 'KEY_REVOKED'])
  })

  test('is named with what is wrong with it', () => {
    expect(keyProblem(key, 'x', 1_015_000)!.message).toBe('the key k is not one of \'x\'')
    expect(keyProblem({ ...key, revokedAtMs: 1 }, 'planner', 1_015_000)!.message).toBe('the key k was revoked')
    expect(keyProblem(key, 'planner', 10_000)!.message).toBe('the key k is not valid for another 1000000 ms')
    expect(keyProblem(key, 'planner', 1_020_500)!.message).toBe('the key k expired 500 ms before')
  })
})
