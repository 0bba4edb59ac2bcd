// One instance of an agent with nothing around it: what it sends is kept, and what it hears is made here.
import { createLogger } from '@mesh/runtime'
import { type Delivery, type Dispatch, localCodec, type Notice } from '@mesh/schemas'
import { z } from 'zod'
import { type Agent, defineAgent } from '../src/agent.ts'
import { partsOf } from '../src/agent-parts.ts'
import type { MeshError } from '../src/errors.ts'
import type { Recover } from '../src/exchange-parts.ts'
import type { FailurePolicy } from '../src/failure-policy.ts'
import { AgentInstance } from '../src/instance.ts'
import type { AnyHandler, Received } from '../src/pipeline.ts'
import { fromWire, unsignedOf } from '../src/wire.ts'

const codec = localCodec()
export const decidedAtMs = 1_900_000_000_000

export interface Setting {
  readonly agent: Agent
  readonly instance: AgentInstance
  readonly sent: Dispatch[]
  /** Errors to give to the next sends. */
  readonly failures: MeshError[]
}

export interface SettingOptions { callsMax?: number, recover?: Recover, handlerMsMax?: number, pace?: 'auto', policy?: FailurePolicy }

export function setting (handler: AnyHandler, options: SettingOptions = {}): Setting {
  const agent = defineAgent({
    name: 'planner', version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test', dependencies: ['lookup'], handlerMsMax: options.handlerMsMax ?? 60_000,
    capabilities: { plan: { input: z.unknown(), ...options.policy } }
  }).handle('plan', handler)
  const sent: Dispatch[] = []
  const failures: MeshError[] = []
  const { recover, pace, callsMax = 10 } = options
  const instance = new AgentInstance({
    parts: partsOf(agent as Agent), identity: { name: 'planner', version: '1.0.0', instance: 'planner-1', replyPartition: 2 },
    carrier: {
      send: async dispatch => {
        const failure = failures.shift()
        if (failure !== undefined) throw failure
        sent.push(dispatch)
      }
    },
    codec, logger: createLogger({ name: 'test', level: 'silent' }), callsMax, ...recover === undefined ? {} : { recover }, ...pace === undefined ? {} : { pace }
  })
  return { agent: agent as Agent, instance, sent, failures }
}

export const blank: Dispatch = {
  dispatchId: 'd-1', workflowId: 'w-1', parentId: null, inReplyTo: null, chain: [], link: '', type: 'request', source: 'asker', sourceVersion: '1.0.0', sourceInstance: 'asker-1',
  target: null, capability: 'plan', priority: 2, issuedAtMs: 0, ttlMs: 30_000, replyPartition: 0, idempotencyKey: null, idleTimeoutMs: null, handlerMs: null, costCapMicros: null, confidence: null, usage: null,
  error: null, contentType: 'application/json', payload: Buffer.from('{}')
}

export function received (change: Partial<Dispatch> = {}, deadlineAtMs: number | null = decidedAtMs + 30_000, priority: number | null = null, said: Partial<Delivery['decision']> = {}): Received {
  const dispatch = { ...blank, ...change }
  const decision: Delivery['decision'] = {
    ingress: { topic: 't', partition: 0, offset: 1 }, appendedAtMs: decidedAtMs, decidedAtMs, deadlineAtMs, attempt: 1, target: 'planner', targetVersion: '1.0.0', controlOffset: 0,
    priority, isExpectedLate: false, dueAtMs: null, capability: null, answers: null, ...said
  }
  return fromWire(codec, codec.encode('Delivery', { dispatch: codec.decode('SignedDispatch', unsignedOf(codec, dispatch)), decision }))
}

export const answerTo = (call: Dispatch): Received => received({ dispatchId: 'a', type: 'response', inReplyTo: call.dispatchId, source: 'memory', capability: call.capability, payload: Buffer.from('7') })
export const noticeOf = (dispatchId: string, change: Partial<Notice> = {}): Notice => ({
  type: 'refused', dispatchId, workflowId: 'w-1', sourceInstance: 'planner-1', code: 'DUPLICATE', message: 'seen before', retriable: false, retryAfterMs: null,
  ingress: { topic: 't', partition: 0, offset: 1 }, slowDown: null, fallback: null, ...change
})
