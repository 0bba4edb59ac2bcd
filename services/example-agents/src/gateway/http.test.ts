import { MeshError } from '@mesh/agent-sdk'
import { CodedError, createLogger } from '@mesh/runtime'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { FastifyInstance } from 'fastify'
import { createHttp, type TurnAnswer } from './http.ts'
import type { Turn } from './turn-desk.ts'

const answer: TurnAnswer = { conversationId: 'c1', workflowId: 'c1~s', dispatchId: 'd1', reply: 'Hello!', intent: 'greet', slots: {}, latencyMs: 12 }
let app: FastifyInstance
const open = (take: (turn: Turn) => Promise<TurnAnswer>) => { app = createHttp(take, createLogger({ name: 'test', level: 'silent' })) }
const post = (body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  app.inject({ method: 'POST', url: '/turns', headers, payload: typeof body === 'string' ? body : JSON.stringify(body) })
afterEach(() => app.close())

describe('POST /turns', () => {
  test('hands the turn on and answers with the reply', async () => {
    const taken: Turn[] = []
    open(async turn => {
      taken.push(turn)
      return answer
    })
    const response = await post({ conversationId: 'c1', text: '  Hi \u0000there \ud800 ' })
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual(answer)
    expect(taken).toEqual([{ conversationId: 'c1', text: 'Hi there \ufffd' }])
  })

  test.each<[string, unknown, Record<string, string> | undefined, number, string]>([
    ['an empty text', { conversationId: 'c1', text: '   ' }, undefined, 400, 'INVALID_REQUEST'],
    ['no conversation', { text: 'Hi' }, undefined, 400, 'INVALID_REQUEST'],
    ['control characters in a name', { conversationId: 'c\n1', text: 'Hi' }, undefined, 400, 'INVALID_REQUEST'],
    ['a text too long', { conversationId: 'c1', text: 'x'.repeat(4_001) }, undefined, 400, 'INVALID_REQUEST'],
    ['a session that is none', { conversationId: 'c1', text: 'Hi', sessionId: 'a~b' }, undefined, 400, 'INVALID_REQUEST'],
    ['a body too large', { conversationId: 'c1', text: 'x'.repeat(40_000) }, undefined, 413, 'BODY_TOO_LARGE'],
    ['what is not JSON', '{', undefined, 415, 'NOT_JSON'],
    ['what does not say that it is JSON', 'Hi', { 'content-type': 'text/plain' }, 415, 'NOT_JSON']
  ])('refuses %s', async (_, body, headers, status, code) => {
    open(async () => answer)
    const response = await post(body, headers)
    expect(response.statusCode).toBe(status)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.json()).toMatchObject({ status, code, type: `urn:mesh:gateway:${code}` })
  })

  test.each<[string, Error, number, object]>([
    ['a time-out', new MeshError('TIMEOUT', 'no answer', { retriable: true, dispatchId: 'd1' }), 504, { code: 'TIMEOUT', retriable: true, dispatchId: 'd1' }],
    ['a refusal that may pass', new MeshError('UNKNOWN_CAPABILITY', 'nobody', { retriable: true, retryAfterMs: 2_500 }), 503, { code: 'UNKNOWN_CAPABILITY', retryAfterMs: 2_500 }],
    ['a refusal for good', new MeshError('UNDECLARED_DEPENDENCY', 'no', { retriable: false }), 502, { code: 'UNDECLARED_DEPENDENCY', retriable: false }],
    ['a turn that came twice', new MeshError('TURN_CONFLICT', 'not the next', { retriable: true }), 409, { code: 'TURN_CONFLICT' }],
    ['no room', new CodedError('TURNS_FULL', 'full', { retriable: true }), 503, { code: 'TURNS_FULL' }],
    ['a bug', new Error('secret of a person'), 500, { code: 'INTERNAL', detail: 'The gateway failed; its log says how.' }]
  ])('passes %s on', async (_, error, status, problem) => {
    open(() => Promise.reject(error))
    const response = await post({ conversationId: 'c1', text: 'Hi' })
    expect(response.statusCode).toBe(status)
    expect(response.json()).toMatchObject(problem)
    expect(response.headers['retry-after'] !== undefined).toBe(status === 503)
  })

  test('says so where there is nothing', async () => {
    open(async () => answer)
    expect((await app.inject('/')).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })
})
