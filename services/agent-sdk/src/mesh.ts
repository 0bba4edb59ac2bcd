// What a handler is given: who asks, how long there is, and how to ask others.
import { reasonCodes } from '@mesh/schemas'
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { Priority } from './core/envelope.ts'
import { MeshError } from './errors.ts'
import type { Exchange } from './exchange.ts'
import type { RawAnswer } from './exchange-parts.ts'
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
  /** The call ends with IDLE_TIMEOUT when nothing was heard of the handler for so long, milliseconds; by default what the capability says. */
  readonly idleTimeoutMs?: number
  /**
   * A repeat with the same key, capability and content within the duplicate window of the mesh (two minutes) gets the first one's outcome.
   * Outside a handler it also makes the workflow, where none is given.
   */
  readonly idempotencyKey?: string
  /** Aborting it rejects the call with CANCELLED at once, and tells the agent that handles it. */
  readonly signal?: AbortSignal
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
  /** Agent that answered, and its version; null where its fixed reply was given in its place. */
  readonly answeredBy: string | null
  readonly answeredByVersion: string | null
  /** The agent asked is cut off for now: this is what it had registered to be given meanwhile, or the answer of the one that stands in. */
  readonly isFallback: boolean
  /** From sending to the answer's arrival here. */
  readonly latencyMs: number
}

export interface Mesh {
  /** Id of the dispatch being handled; the same when the handler runs again. */
  readonly dispatchId: string
  readonly workflowId: string
  /** Class in which it was delivered; lower than what was claimed where the mesh lowered it. */
  readonly priority: Priority
  /** 1, and more when what failed before is tried again. */
  readonly attempt: number
  /** Agent that asks. */
  readonly source: string
  readonly type: 'request' | 'event'
  /** Broker time after which an answer is late, milliseconds since 1970; null for none. */
  readonly deadlineAtMs: number | null
  /**
   * Aborted at the deadline, at the longest run, when nothing was heard for the idle time-out, when the caller gave up, or when
   * a stopping agent waits no longer.
   */
  readonly signal: AbortSignal
  /** Carries dispatchId and workflowId. Log no payload. */
  readonly logger: Logger
  /**
   * Asks for a capability and awaits the answer. Rejects with MeshError: the other's error, a refusal of the mesh,
   * TIMEOUT after ttlMs (default 30,000, never past this dispatch's own deadline) plus 2 s, CANCELLED, STOPPED. A handler
   * that runs again sends the same ids, if it calls in the same order.
   *
   * @example
   * const past = await mesh.call('memory_lookup', { leadId }, { output: Memory })
   */
  call<Output extends z.ZodType = z.ZodUnknown> (capability: string, input: unknown, options?: CallOptions<Output>): Promise<z.output<Output>>
  /**
   * Like `call`, and says who answered, how long it took, and whether it is a fallback. Rejects as `call`.
   *
   * @example
   * const { output, isFallback } = await mesh.callDetailed('market_summary', { city }, { output: Market })
   */
  callDetailed<Output extends z.ZodType = z.ZodUnknown> (
    capability: string, input: unknown, options?: CallOptions<Output>
  ): Promise<CallDetails<z.output<Output>>>
  /**
   * Says that the handler is alive, so that the idle time-out begins anew; never past the deadline. Call it as often as you
   * like: the mesh is told at most four times an idle time-out, and nothing where none is set. Never throws.
   *
   * @example
   * for (const page of pages) { await read(page); mesh.progress() }
   */
  progress (): void
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
  const { dispatchId, workflowId, answeredBy, answeredByVersion, isFallback } = raw
  return { output, dispatchId, workflowId, answeredBy, answeredByVersion, isFallback, latencyMs: monotonicMs() - startedAtMs }
}

async function readAnswer<Output extends z.ZodType> (raw: RawAnswer, capability: string, schema: Output | undefined): Promise<z.output<Output>> {
  const { payload, contentType, answeredBy, dispatchId } = raw
  const parsed = fromPayload(payload, contentType)
  const fitted = 'problem' in parsed || schema === undefined ? parsed : await fit(schema, parsed.value)
  if ('value' in fitted) return fitted.value as z.output<Output>
  throw new MeshError('OUTPUT_INVALID', `${answeredBy === null ? 'the fallback' : `the answer of '${answeredBy}'`} to '${capability}' does not fit: ${fitted.problem}`, { ...reasonCodes.OUTPUT_INVALID, dispatchId, capability })
}

export function meshFor (exchange: Exchange, handling: Handling, logger: Logger, monotonicMs: () => number): Mesh {
  const { dispatchId, workflowId, source, type } = handling.dispatch
  const callDetailed: Mesh['callDetailed'] = (capability, input, options) => callThrough(exchange, handling, capability, input, options ?? {}, monotonicMs)
  return {
    dispatchId, workflowId, source,
    priority: handling.priority,
    attempt: handling.attempt,
    type: type as 'request' | 'event',
    deadlineAtMs: handling.deadlineAtMs,
    signal: handling.signal,
    logger,
    callDetailed,
    call: async (capability, input, options) => (await callDetailed(capability, input, options)).output,
    progress: () => { if (handling.alive(monotonicMs())) exchange.progress(handling) },
    send: async (capability, input, options) => {
      const sending = exchange.send(handling, { ...options, capability, payload: toPayload(input, capability) })
      handling.confirmLater(sending)
      return { dispatchId: (await sending).dispatchId }
    }
  }
}
