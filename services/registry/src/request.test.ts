import { expect, test } from '@jest/globals'
import { registrationBody, toRequest } from './request.ts'

const body = {
  name: 'intent-decoder', version: '1.0.0', domain: 'conversation', ownerTeam: 'nlp', role: 'bot',
  capabilities: [{ name: 'analyze_lead', inputSchema: { type: 'object', properties: {} }, outputSchema: { type: 'object' } }],
  maxConcurrent: 50, slaP95Ms: 500
}

const problemsOf = (changes: Record<string, unknown>) =>
  registrationBody.safeParse({ ...body, ...changes }).error?.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`) ?? []

test('the smallest registration gets null for what it leaves out', () =>
  expect(toRequest(registrationBody.parse(body)))
    .toMatchObject({ dependencies: [], regions: [], fallback: null, inboxPartitions: null, confidenceThreshold: null }))

test('what may be urgent is taken where it is a dependency', () =>
  expect(toRequest(registrationBody.parse({ ...body, dependencies: ['take_turn'], urgentCapabilities: ['take_turn'] }))).toMatchObject({ urgentCapabilities: ['take_turn'] }))

test('two spellings of one contract have one hash, another contract has another', () => {
  const hash = (inputSchema: unknown) => toRequest(registrationBody.parse({ ...body, capabilities: [{ name: 'c', inputSchema }] })).capabilities[0]?.contractHash
  expect(hash({ type: 'object', title: 'x' })).toBe(hash({ title: 'x', type: 'object' }))
  expect(hash({ type: 'object' })).not.toBe(hash({ type: 'string' }))
})

test('all problems are reported together, each with its field', () => {
  const problems = problemsOf({ name: 'A.b', version: '1', role: 'king', maxConcurrent: 0, slaP95Ms: 1.5, confidenceThreshold: 2, slaP95ms: 3 })
  for (const field of ['name', 'version', 'role', 'maxConcurrent', 'slaP95Ms', 'confidenceThreshold']) {
    expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^${field}: `)))
  }
  expect(problems).toContainEqual(expect.stringContaining('slaP95ms'))
})

test.each([
  ['a capability with two contracts', { capabilities: [...body.capabilities, ...body.capabilities] }, 'capabilities: analyze_lead has two contracts in this request'],
  ['a dependency listed twice', { dependencies: ['x', 'x'] }, 'dependencies: x is listed twice'],
  ['a capability name with blanks', { dependencies: ['no good'] }, 'dependencies.0: must be 1 to 100'],
  ['a team with a control character', { ownerTeam: 'a\nb' }, 'ownerTeam: must be 1 to 200 characters'],
  ['urgency for what it does not depend on', { dependencies: ['take_turn'], urgentCapabilities: ['take_turn', 'other'] }, 'urgentCapabilities.1: other is not among the dependencies'],
  ['too many partitions', { inboxPartitions: 65 }, 'inboxPartitions: ']
])('%s is a problem', (_name, changes, says) => expect(problemsOf(changes)).toContainEqual(expect.stringContaining(says)))

test('a schema nested too deep is a problem, not a crash', () => {
  let deep: unknown = {}
  for (let i = 0; i < 100_000; i++) deep = [deep]
  expect(problemsOf({ capabilities: [{ name: 'c', inputSchema: { deep } }] })).toEqual(['capabilities.0.inputSchema: must not be nested deeper than 64'])
})
