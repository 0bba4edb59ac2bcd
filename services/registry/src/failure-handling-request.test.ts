import { describe, expect, test } from '@jest/globals'
import { registrationBody, toRequest } from './request.ts'

const body = (capability: object, changes: object = {}) => ({
  name: 'valuer', version: '1.0.0', domain: 'sales', ownerTeam: 'crm', role: 'bot', maxConcurrent: 1, slaP95Ms: 100,
  capabilities: [{ name: 'value_home', inputSchema: {}, ...capability }], ...changes
})
const problemsOf = (capability: object, changes: object = {}) =>
  registrationBody.safeParse(body(capability, changes)).error?.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`) ?? []
const taken = (capability: object, changes: object = {}) => toRequest(registrationBody.parse(body(capability, changes)))
const base64 = (text: string) => Buffer.from(text).toString('base64')
const at = (field: string) => (message: string) => [`capabilities.0.${field}: ${message}`]

describe('a capability', () => {
  test('without any of it is tried once, waits for its deadline alone, and has no fallback', () =>
    expect(taken({}).capabilities[0]).toMatchObject({ retry: null, idleTimeoutMs: null, fallback: null, chainLimits: null }))

  test('that is tried again gets what it leaves out: short waits that grow to ten seconds, and what says it is retriable', () => {
    expect(taken({ retry: { attemptsMax: 3 } }).capabilities[0]!.retry).toEqual({ attemptsMax: 3, backoffMs: 100, backoffMsMax: 10_000, codes: [] })
    expect(taken({ retry: { attemptsMax: 2, backoffMs: 20_000, codes: ['CRM_DOWN'] } }).capabilities[0]!.retry)
      .toEqual({ attemptsMax: 2, backoffMs: 20_000, backoffMsMax: 20_000, codes: ['CRM_DOWN'] })
  })

  test.each([
    ['no attempt at all', { attemptsMax: 0 }, at('retry.attemptsMax')('must be a whole number from 1 to 10')],
    ['too many attempts', { attemptsMax: 11 }, at('retry.attemptsMax')('must be a whole number from 1 to 10')],
    ['half an attempt', { attemptsMax: 1.5 }, at('retry.attemptsMax')('must be a whole number from 1 to 10')],
    ['a wait without end', { attemptsMax: 2, backoffMs: 3_600_001 }, at('retry.backoffMs')('must be a whole number of milliseconds from 1 to 3,600,000')],
    ['a longest wait below the first', { attemptsMax: 2, backoffMs: 50, backoffMsMax: 49 }, at('retry.backoffMsMax')('must not be less than backoffMs')],
    ['codes of another form', { attemptsMax: 2, codes: ['crm-down'] }, at('retry.codes.0')('must be 1 to 64 of A-Z, 0-9 and _, beginning with a letter')],
    ['a code twice', { attemptsMax: 2, codes: ['A', 'A'] }, at('retry.codes')('A is listed twice')]
  ])('with %s is refused with what would be right', (_name, retry, problems) => expect(problemsOf({ retry })).toEqual(problems))

  test('may be given up when nothing is heard of it, but not at once', () => {
    expect(taken({ idleTimeoutMs: 500 }).capabilities[0]!.idleTimeoutMs).toBe(500)
    expect(problemsOf({ idleTimeoutMs: 0 })).toEqual(at('idleTimeoutMs')('must be a whole number of milliseconds from 1 to 86,400,000'))
  })
})

describe('a fallback', () => {
  const nothing = { capability: null, contentType: 'application/json', payload: null, code: null, message: null }

  test('is another capability, a fixed answer or a fixed error; whole records are taken, too', () => {
    const of = (fallback: object) => taken({ fallback }).capabilities[0]!.fallback
    expect(of({ kind: 'capability', capability: 'guess_home' })).toEqual({ ...nothing, kind: 'capability', capability: 'guess_home' })
    expect(of({ ...nothing, kind: 'reply', payload: base64('{"usd":null}') })).toEqual({ ...nothing, kind: 'reply', payload: Buffer.from('{"usd":null}') })
    expect(of({ kind: 'reply', contentType: 'text/plain; charset=utf-8', payload: base64('later') })).toMatchObject({ contentType: 'text/plain; charset=utf-8', payload: Buffer.from('later') })
    expect(of({ kind: 'error', code: 'MARKET_CLOSED', message: 'ask tomorrow' })).toEqual({ ...nothing, kind: 'error', code: 'MARKET_CLOSED', message: 'ask tomorrow' })
  })

  test.each([
    ['a kind that there is not', { kind: 'retry' }, expect.stringContaining('capabilities.0.fallback.kind: ')],
    ['no capability', { kind: 'capability' }, 'capabilities.0.fallback.capability: is missing: a fallback of kind capability needs it'],
    ['no payload', { kind: 'reply' }, 'capabilities.0.fallback.payload: is missing: a fallback of kind reply needs it'],
    ['no message', { kind: 'error', code: 'A' }, 'capabilities.0.fallback.message: is missing: a fallback of kind error needs it'],
    ['what belongs to another kind', { kind: 'capability', capability: 'a', code: 'A' }, 'capabilities.0.fallback.code: does not belong to a fallback of kind capability'],
    ['a payload that is not base64', { kind: 'reply', payload: '{"a":1}' }, 'capabilities.0.fallback.payload: must be base64'],
    ['a payload that is not what its media type says', { kind: 'reply', payload: base64('{a') }, 'capabilities.0.fallback.payload: must be JSON in UTF-8, as its contentType says'],
    ['a media type that is none', { kind: 'reply', contentType: 'json', payload: base64('1') }, 'capabilities.0.fallback.contentType: must be a media type such as application/json'],
    ['a code of another form', { kind: 'error', code: 'closed', message: 'm' }, 'capabilities.0.fallback.code: must be 1 to 64 of A-Z, 0-9 and _, beginning with a letter']
  ])('with %s is refused with what would be right', (_name, fallback, problem) => expect(problemsOf({ fallback })).toEqual([problem]))

  test('has an answer of bounded size, and a refusal never repeats it', () => {
    const payload = (bytes: number) => Buffer.from(JSON.stringify('x'.repeat(bytes - 2))).toString('base64')
    expect(problemsOf({ fallback: { kind: 'reply', payload: payload(32 * 1024) } })).toEqual([])
    expect(problemsOf({ fallback: { kind: 'reply', payload: payload(32 * 1024 + 1) } })).toEqual(at('fallback.payload')('has 32,769 bytes; at most 32,768 may be registered'))
  })
})

describe('limits on chains', () => {
  test('are taken for the agent and for a capability; without any they are those of the mesh', () => {
    const request = taken({ chainLimits: { visitsMax: 2 } }, { chainLimits: { depthMax: 5, workflowHopsMax: 100 } })
    expect(request.capabilities[0]!.chainLimits).toEqual({ depthMax: null, visitsMax: 2, workflowHopsMax: null })
    expect(request.chainLimits).toEqual({ depthMax: 5, visitsMax: null, workflowHopsMax: 100 })
    expect(taken({ chainLimits: {} }, { chainLimits: null })).toMatchObject({ chainLimits: null, capabilities: [{ chainLimits: null }] })
  })

  test('are bounded', () => {
    expect(problemsOf({ chainLimits: { depthMax: 65, visitsMax: 0, workflowHopsMax: 1_000_001 } })).toEqual([
      'capabilities.0.chainLimits.depthMax: must be a whole number from 1 to 64',
      'capabilities.0.chainLimits.visitsMax: must be a whole number from 1 to 64',
      'capabilities.0.chainLimits.workflowHopsMax: must be a whole number from 1 to 1,000,000'
    ])
    expect(problemsOf({}, { chainLimits: { depth: 3 } })).toEqual([expect.stringContaining('depth')])
  })
})

test('none of it is part of the contract', () => {
  const hash = (capability: object) => taken(capability).capabilities[0]!.contractHash
  expect(hash({ retry: { attemptsMax: 3 }, idleTimeoutMs: 5, fallback: { kind: 'error', code: 'A', message: 'm' }, chainLimits: { depthMax: 3 } })).toBe(hash({}))
})
