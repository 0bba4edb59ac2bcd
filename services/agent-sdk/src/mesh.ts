// What a handler is given: who asks, how long there is, and how to ask others.
import { reasonCodes } from '@mesh/schemas'
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { Priority } from './core/envelope.ts'
import { MeshError } from './errors.ts'
import type { Exchange, RawAnswer } from './exchange.ts'
import type { Handling } from './handling.ts'
import { fit, fromPayload, toPayload } from './payload.ts'

export interface SendOptions {
  /** 0 (most urgent) to 3; inherited by default, and may only be lowered in a handler. Outside one the default is 2. */
  readonly priority?: Priority
  /** Expiry in milliseconds from the broker's append time. */
  readonly ttlMs?: number
  /** Agent to ask by name; by default the mesh chooses one that offers the capability. */
  readonly target?: string
}

export interface CallOptions<Output extends z.ZodType = z.ZodType> extends SendOptions {
  /** Checks the answer and gives it its type; an answer that doesn't fit rejects with OUTPUT_INVALID. */
  readonly output?: Output
}

export interface RootSendOptions extends SendOptions {
  /** Conversation or job that this belongs to; a new one by default. Dispatches of one workflow and priority keep their order. */
  readonly workflowId?: string
}

export interface RootCallOptions<Output extends z.ZodType = z.ZodType> extends CallOptions<Output>, RootSendOptions {}

export interface CallDetails<T> {
  readonly output: T
  readonly dispatchId: string
  readonly workflowId: string
  /** Agent that answered, and its version. */
  readonly answeredBy: string
  readonly answeredByVersion: string
  /** From sending to the answer's arrival here. */
  readonly latencyMs: number
}

export interface Mesh {
  /** Id of the dispatch being handled; the same when the handler runs again. */
  readonly dispatchId: string
  readonly workflowId: string
  /** Class in which it was delivered; lower than what was claimed where the mesh lowered it. */
  readonly priority: Priority
  /** Agent that asks. */
  readonly source: string
  readonly type: 'request' | 'event'
  /** Broker time after which an answer is late, milliseconds since 1970; null for none. */
  readonly deadlineAtMs: number | null
  /** Aborted at the deadline, at the longest run, or when a stopping agent waits no longer. */
  readonly signal: AbortSignal
  /** Carries dispatchId and workflowId. Log no payload. */
  readonly logger: Logger
  /**
   * Asks for a capability and awaits the answer. Rejects with MeshError: the other's error, a refusal of the mesh,
   * TIMEOUT after ttlMs (default 30,000, never past this dispatch's own deadline) plus 2 s, STOPPED. A handler that
   * runs again sends the same ids, if it calls in the same order.
   *
   * @example
   * const past = await mesh.call('memory_lookup', { leadId }, { output: Memory })
   */
  call<Output extends z.ZodType = z.ZodUnknown> (capability: string, input: unknown, options?: CallOptions<Output>): Promise<z.output<Output>>
  /**
   * Sends an event; resolves with its id once the broker has it. What the mesh refuses later goes to `agent.onRefused`.
   * Rejects with MeshError: VALUE_TOO_LARGE, QUEUE_FULL, SEND_FAILED.
   *
   * @example
   * await mesh.send('contact_changed', { leadId }, { priority: 3 })
   */
  send (capability: string, input: unknown, options?: SendOptions): Promise<{ dispatchId: string }>
}

export async function callThrough<Output extends z.ZodType> (
  exchange: Exchange, handling: Handling | null, capability: string, input: unknown, options: RootCallOptions<Output>, monotonicMs: () => number
): Promise<CallDetails<z.output<Output>>> {
  const startedAtMs = monotonicMs()
  // Nothing is awaited before the exchange has the call, so ordinals follow the order of calls.
  const { output: schema, ...ask } = options
  const raw = await exchange.call(handling, { ...ask, capability, payload: toPayload(input, capability) })
  const output = await readAnswer(raw, capability, schema)
  const { dispatchId, workflowId, answer: { source, sourceVersion } } = raw
  return { output, dispatchId, workflowId, answeredBy: source, answeredByVersion: sourceVersion, latencyMs: monotonicMs() - startedAtMs }
}

async function readAnswer<Output extends z.ZodType> (raw: RawAnswer, capability: string, schema: Output | undefined): Promise<z.output<Output>> {
  const { answer, dispatchId } = raw
  const parsed = fromPayload(answer.payload, answer.contentType)
  const fitted = 'problem' in parsed || schema === undefined ? parsed : await fit(schema, parsed.value)
  if ('value' in fitted) return fitted.value as z.output<Output>
  throw new MeshError('OUTPUT_INVALID', `the answer of '${answer.source}' to '${capability}' does not fit: ${fitted.problem}`, { ...reasonCodes.OUTPUT_INVALID, dispatchId, capability })
}

export function meshFor (exchange: Exchange, handling: Handling, logger: Logger, monotonicMs: () => number): Mesh {
  const { dispatchId, workflowId, source, type } = handling.dispatch
  return {
    dispatchId, workflowId, source,
    priority: handling.priority,
    type: type as 'request' | 'event',
    deadlineAtMs: handling.deadlineAtMs,
    signal: handling.signal,
    logger,
    call: async (capability, input, options) => (await callThrough(exchange, handling, capability, input, options ?? {}, monotonicMs)).output,
    send: async (capability, input, options) => {
      const sending = exchange.send(handling, { ...options, capability, payload: toPayload(input, capability) })
      handling.confirmLater(sending)
      return { dispatchId: (await sending).dispatchId }
    }
  }
}
