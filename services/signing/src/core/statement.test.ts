import { describe, expect, test } from '@jest/globals'
import { batchStatement, possessionStatement } from './statement.ts'

const root = Buffer.alloc(32, 0xe7)

describe('what is signed', () => {
  test('of a batch is its name, the key, the count and the root', () => {
    expect(batchStatement('k', 258, root.toString('latin1'))).toEqual(Buffer.concat([Buffer.from('mesh.signed-batch.v1\0k\0'), Buffer.of(1, 2), root]))
  })

  test('for a registration is its name, the agent and the key', () => {
    expect(possessionStatement('planner', 'k')).toEqual(Buffer.from('mesh.key-possession.v1\0planner\0k\0'))
  })

  test('differs where texts are divided otherwise', () => {
    expect(possessionStatement('ab', 'c')).not.toEqual(possessionStatement('a', 'bc'))
  })
})
