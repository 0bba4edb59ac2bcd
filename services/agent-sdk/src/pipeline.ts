// The path of a delivery through an agent: deadline → contract → handler → contract → answer.
//
// Invariants:
//   L1. A request that reaches its handler gets one answer: the output, or an error with a code.
//   L2. What is over when its turn comes isn't handled: the coordinator has told the caller.
//   L3. 'left' means not done: the record stays uncommitted and another instance handles it again. Only a stop leaves, and
//       the failure of a run whose partition went elsewhere (its calls' answers go there too, so it may fail just for that).
//   L4. A handler's run is bounded by the deadline and `handlerMsMax`; one that ignores its signal is abandoned 5 s later.
//   L5. Sent before done: the record counts as handled only when the broker has everything that its handler sent.
import { type Delivery, type Dispatch, type ErrorDetail, type ReasonCode, reasonCodes } from '@mesh/schemas'
import type { Logger } from 'pino'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from './carrier.ts'
import type { BrokerClock } from './core/broker-clock.ts'
import type { Answer } from './core/envelope.ts'
import type { Counters } from './counters.ts'
import type { Contracts } from './definition.ts'
import { AgentError, MeshError } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { Handling } from './handling.ts'
import { type Mesh, meshFor } from './mesh.ts'
import { fit, fromPayload, type Parsed, toPayload } from './payload.ts'
import { codeSaid, stackSaid } from './saying.ts'

export interface Received {
  readonly delivery: Delivery
  readonly dispatch: Dispatch
}

export type AnyHandler = (input: unknown, mesh: Mesh) => unknown

export interface HandlingPorts {
  readonly exchange: Exchange
  readonly contracts: Contracts
  readonly handlers: ReadonlyMap<string, AnyHandler>
  readonly brokerClock: BrokerClock
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
  readonly handlerMsMax: number
  /** Told as each handler begins. */
  readonly onBegin: (began: Began) => void
}

export interface Began {
  readonly priority: number
  /** From the append of the dispatch until now, by this process's clock. */
  readonly latencyMs: number
}

export type HandlingOutcome =
  | { readonly type: 'done', /** What the sender was told, or for an event would have been. */ readonly error: ErrorDetail | null }
  | { readonly type: 'left' }

const abandonAfterMs = 5_000
const codeCharsMax = 100
const messageCharsMax = 1_000
const answerAttemptsMax = 5
const answerPauseMs = 100

export const handlingOf = ({ delivery, dispatch }: Received): Handling => new Handling(dispatch, delivery.decision)

export async function handleDelivery (handling: Handling, ports: HandlingPorts): Promise<HandlingOutcome> {
  const { dispatch } = handling
  const logger = ports.logger.child({ dispatchId: dispatch.dispatchId, workflowId: dispatch.workflowId, capability: dispatch.capability })
  if (remainingMs(handling, ports) <= 0) {
    ports.counters.add('expired')
    logger.info('not handled: its deadline was over when its turn came')
    return done(null)
  }
  ports.onBegin({ priority: handling.priority, latencyMs: Math.max(0, ports.clock.nowMs() - handling.wantedAtMs) })
  const result = await runBounded(handling, ports, logger)
  await handling.confirmed()
  if (result === 'left') return { type: 'left' }
  if (result === 'abandoned') {
    ports.counters.add('abandoned')
    logger.error('the handler did not end in time and ignored its signal; its outcome is lost')
    return done(null)
  }
  if (handling.superseded && 'error' in result) return { type: 'left' }
  ports.counters.add('handled')
  if ('error' in result) {
    ports.counters.add('failed')
    logger.warn({ code: result.error.code, reason: result.error.message }, dispatch.type === 'event' ? 'the event was not handled' : 'answered with an error')
  }
  if (dispatch.type === 'request') await sendAnswer(handling, result, ports, logger)
  return done('error' in result ? result.error : null)
}

const done = (error: ErrorDetail | null): HandlingOutcome => ({ type: 'done', error })

/** Broker time left, no less than there is; Infinity for no deadline. */
function remainingMs ({ deadlineAtMs }: Handling, { brokerClock, clock }: HandlingPorts): number {
  if (deadlineAtMs === null) return Infinity
  const brokerNowMs = brokerClock.nowMs(clock.monotonicMs())
  return brokerNowMs === undefined ? Infinity : deadlineAtMs - brokerNowMs
}

async function runBounded (handling: Handling, ports: HandlingPorts, logger: Logger): Promise<Answer | 'left' | 'abandoned'> {
  const leftMs = remainingMs(handling, ports)
  const boundMs = Math.min(leftMs, ports.handlerMsMax)
  const over = new MeshError('TIMEOUT', 'the handler ran out of time', { ...reasonCodes.TIMEOUT, dispatchId: handling.dispatch.dispatchId })
  const timer = setTimeout(() => handling.abort(over), boundMs)
  const { promise: ended, resolve: end } = Promise.withResolvers<'left' | 'abandoned'>()
  let abandoner: NodeJS.Timeout | undefined
  handling.signal.addEventListener('abort', () => {
    if (isStop(handling.signal.reason)) end('left')
    else abandoner = setTimeout(() => end('abandoned'), abandonAfterMs)
  })
  try {
    return await Promise.race([runHandler(handling, ports, logger), ended])
  } finally {
    clearTimeout(timer)
    clearTimeout(abandoner)
  }
}

const isStop = (error: unknown): boolean => error instanceof MeshError && error.code === 'STOPPED'

async function runHandler (handling: Handling, ports: HandlingPorts, logger: Logger): Promise<Answer | 'left'> {
  const { dispatch } = handling
  const contract = ports.contracts[dispatch.capability]
  const handler = ports.handlers.get(dispatch.capability)
  if (contract === undefined || handler === undefined) return failed('NO_HANDLER', `this agent has no handler for '${dispatch.capability}'`)
  const json = fromPayload(dispatch.payload, dispatch.contentType)
  const input: Parsed<unknown> = 'problem' in json ? json : await fit(contract.input, json.value)
  if ('problem' in input) return failed('INPUT_INVALID', `the input does not fit '${dispatch.capability}': ${input.problem}`)
  let output: unknown
  try {
    output = await handler(input.value, meshFor(ports.exchange, handling, logger, ports.clock.monotonicMs))
  } catch (error) {
    // A handler that fails because its agent stops didn't fail: another instance runs it again.
    if (isStop(handling.signal.reason) || isStop(error)) return 'left'
    // Told to end, it ended: to the caller that is a time-out, whoever says so first.
    if (handling.signal.aborted) return failed('TIMEOUT', `the handler of '${dispatch.capability}' ran out of time`)
    return failedBy(error, dispatch.capability, logger)
  }
  if (dispatch.type === 'event') return { payload: Buffer.alloc(0) }
  const fitted = contract.output === undefined ? { value: output } : await fit(contract.output, output)
  if ('problem' in fitted) return failed('OUTPUT_INVALID', `the output of '${dispatch.capability}' does not fit: ${fitted.problem}`)
  try {
    return { payload: toPayload(fitted.value, dispatch.capability) }
  } catch {
    return failed('OUTPUT_INVALID', `the output of '${dispatch.capability}' can't be written as JSON`)
  }
}

function failedBy (error: unknown, capability: string, logger: Logger): Answer {
  // The message of an unknown error may repeat what was sent; its class, code and frames don't.
  logger.error({ error: codeSaid(error), frames: stackSaid(error) }, 'the handler threw')
  if (error instanceof AgentError) {
    const { code, message, retriable } = error
    return { error: { code: code.slice(0, codeCharsMax), message: message.slice(0, messageCharsMax), retriable } }
  }
  const by = error instanceof MeshError ? ` (${error.code}${error.capability === undefined ? '' : ` of '${error.capability}'`})` : ''
  const { retriable } = error instanceof MeshError ? error : reasonCodes.HANDLER_FAILED
  return { error: { code: 'HANDLER_FAILED', message: `the handler of '${capability}' threw${by}; see its log`, retriable } }
}

const failed = (code: ReasonCode, message: string): { error: ErrorDetail } => ({ error: { code, message, retriable: reasonCodes[code].retriable } })

/** Tries until the broker has it, the deadline is over, or the attempts are. A lost answer becomes the caller's TIMEOUT. */
async function sendAnswer (handling: Handling, answer: Answer, ports: HandlingPorts, logger: Logger): Promise<void> {
  let toSend = answer
  for (let attempt = 1; ; attempt++) {
    try {
      await ports.exchange.answer(handling, toSend)
      return
    } catch (error) {
      const code = error instanceof MeshError ? error.code : 'SEND_FAILED'
      if (code === 'VALUE_TOO_LARGE' && 'payload' in toSend) {
        toSend = failed('VALUE_TOO_LARGE', `the output of '${handling.dispatch.capability}' has ${toSend.payload.length} bytes`)
      } else if (attempt >= answerAttemptsMax || remainingMs(handling, ports) <= 0) {
        ports.counters.add('answersLost')
        logger.error({ code, attempt }, 'the answer could not be sent; the caller will time out')
        return
      } else {
        await pause(answerPauseMs * 2 ** attempt)
      }
    }
  }
}
