import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { digest } from '../hashing.ts'
import { type Chained, chainProblem, derivedId, linkOf, uuidFrom } from './chain.ts'

const root = '01890a5d-ac96-774b-bcce-b302099a8057'

/** What the last of these agents sends, each called by the one before; the first began. */
function sentBy (agents: readonly string[], links = agents.map((_, i) => linkOf(i + 1))): Chained {
  const chain: { agent: string, dispatchId: string, link: string }[] = []
  let own = { dispatchId: root, link: '' }
  for (const [i, agent] of agents.slice(0, -1).entries()) {
    chain.push({ agent, ...own })
    own = { dispatchId: derivedId(agent, own.dispatchId, links[i]!, digest), link: links[i]! }
  }
  return { ...own, parentId: chain.at(-1)?.dispatchId ?? null, chain }
}

const problem = (dispatch: Chained): string | undefined => chainProblem(dispatch, digest)

describe('a chain', () => {
  test('property: holds as it was made', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('a', 'b', 'c-d'), { minLength: 1, maxLength: 12 }), fc.infiniteStream(fc.tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1, max: 4 }))), (agents, numbers) => {
      const links = [...numbers.take(agents.length)].map(([ordinal, attempt]) => linkOf(ordinal, attempt))
      expect(problem(sentBy(agents, links))).toBeUndefined()
    }))
  })

  test('property: without one of its hops it does not', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 2, maxLength: 8 }), fc.nat(), (agents, at) => {
      const dispatch = sentBy(agents)
      const chain = dispatch.chain.filter((_, index) => index !== at % dispatch.chain.length)
      expect(problem({ ...dispatch, chain })).toBeDefined()
      expect(problem({ ...dispatch, chain, parentId: chain.at(-1)?.dispatchId ?? null })).toBeDefined()
    }))
  })

  test('property: with another agent in it does not', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 2, maxLength: 8 }), fc.nat(), (agents, at) => {
      const dispatch = sentBy(agents)
      const chain = dispatch.chain.map((hop, index) => index === at % dispatch.chain.length ? { ...hop, agent: 'x' } : hop)
      expect(problem({ ...dispatch, chain })).toMatch(/is not derived from the one before it$/)
    }))
  })

  const chained = sentBy(['a', 'b', 'c', 'd'])
  test.each<[string, Chained, string]>([
    ['a parent and no chain', { ...sentBy(['a']), parentId: 'p' }, 'it has a parent and no chain'],
    ['a chain and no parent', { ...chained, parentId: null }, 'its parent is not the last of its chain'],
    ['another parent', { ...chained, parentId: chained.chain[1]!.dispatchId }, 'its parent is not the last of its chain'],
    ['a beginning that was cut off', { ...chained, chain: chained.chain.slice(1).map((hop, i) => i === 0 ? { ...hop, link: '' } : hop) }, 'what its chain begins with is no root: its id is derived from another'],
    ['a beginning with a link', { ...chained, chain: chained.chain.slice(1) }, 'a dispatch without a parent has a link'],
    ['a derived id and nothing else', { ...chained, chain: [], parentId: null, link: '' }, 'what its chain begins with is no root: its id is derived from another'],
    ['a link and no parent', { ...sentBy(['a']), link: '1' }, 'a dispatch without a parent has a link'],
    ['another id', { ...chained, dispatchId: root }, 'the id of hop 3 is not derived from the one before it'],
    ['another link', { ...chained, link: '7' }, 'the id of hop 3 is not derived from the one before it'],
    ['another link on the way', { ...chained, chain: chained.chain.map((hop, i) => i === 1 ? { ...hop, link: '9' } : hop) }, 'the id of hop 1 is not derived from the one before it'],
    ...['', '0', '01', '1/', '1/attempt/0', 'x', '1/attempt/1/', ' 1', '1234567890'].map((link): [string, Chained, string] => [`the link '${link}'`, { ...chained, link }, 'the link of hop 3 is not one'])
  ])('%s is refused', (_what, dispatch, said) => expect(problem(dispatch)).toBe(said))

  test('may begin with any id that is not derived', () => {
    expect(problem({ dispatchId: 'order-7', parentId: null, chain: [], link: '' })).toBeUndefined()
    expect(problem({ dispatchId: 'order-7', parentId: 'x', chain: [], link: '' })).toBeDefined()
  })
})

test('an id is a UUID of version 8, and each of its parts changes it', () => {
  const id = derivedId('a', root, '1', digest)
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set([id, derivedId('b', root, '1', digest), derivedId('a', 'r', '1', digest), derivedId('a', root, '2', digest), derivedId('a', root, '1/attempt/2', digest)]).size).toBe(5)
  expect(uuidFrom(new Uint8Array(16), 7)).toBe('00000000-0000-7000-8000-000000000000')
  expect(uuidFrom(new Uint8Array(16).fill(255), 8)).toBe('ffffffff-ffff-8fff-bfff-ffffffffffff')
})

test('a link names the send, and the attempt if it is a later one', () => expect([linkOf(3), linkOf(3, 1), linkOf(3, 2)]).toEqual(['3', '3', '3/attempt/2']))
