// The path of a delivery through an agent: deadline → contract → handler → contract → answer.
//
// Invariants:
//   L1. A request that reaches its handler gets one answer an attempt: the output, or an error with a code; none where the mesh
//       knows how it ended (cancelled, silent too long) or has handed it over again.
//   L2. What is over when its turn comes isn't handled: the coordinator has told the caller.
//   L3. 'left' means not done: the record stays uncommitted and another instance handles it again. Only a stop leaves, and
//       the failure of a run whose partition went elsewhere (its calls' answers go there too, so it may fail just for that).
//   L4. A handler's run is bounded by the deadline, the idle time-out and `handlerMsMax`; one that ignores its signal is abandoned 5 s later.
//   L5. An event whose handler fails is handled again here, as its capability says; what fails for good is sent back to the mesh.
//   L6. Sent before done: the record counts as handled only when the broker has everything that its handler sent.
import { type Delivery, type Dispatch, type ErrorDetail, type ReasonCode, reasonCodes } from '@mesh/schemas'
import type { SignatureProblem } from '@mesh/signing'
import { signatureCodes } from '@mesh/signing/chain'
import type { Logger } from 'pino'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from './carrier.ts'
import type { BrokerClock } from './core/broker-clock.ts'
import type { Answer } from './core/envelope.ts'
import { waitBeforeAgain } from './core/event-retry.ts'
import type { Counters } from './counters.ts'
import type { Contracts } from './definition.ts'
import { AgentError, MeshError } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { retryPolicyOf } from './failure-policy.ts'
import { isStop, isUnanswered, outOfTime, silentTooLong } from './giving-up.ts'
import { Handling } from './handling.ts'
import { type Mesh, meshFor } from './mesh.ts'
import { fit, fromPayload, type Parsed, toPayload } from './payload.ts'
import { codeSaid, stackSaid } from './saying.ts'

export interface Received {
  readonly delivery: Delivery
  readonly dispatch: Dispatch
  /** Why it isn't shown that its source wrote it; undefined where it is. */
  readonly forged?: SignatureProblem | undefined
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

/** `unanswered`: it ended, and nothing is to be told of it. */
type Ending = { readonly answer: Answer, readonly handlerMs: number | null } | 'left' | 'abandoned' | 'unanswered'

const abandonAfterMs = 5_000
const codeCharsMax = 100
const messageCharsMax = 1_000
const answerAttemptsMax = 5
const answerPauseMs = 100

export const handlingOf = ({ delivery, dispatch }: Received, contracts: Contracts): Handling => {
  const { decision, dispatch: signed } = delivery
  return new Handling({ dispatch, decision, signed, idleTimeoutMs: contracts[decision.capability ?? dispatch.capability]?.idleTimeoutMs })
}

/** `onAgain`: told of each further attempt that is made here. */
export async function handleDelivery (first: Handling, ports: HandlingPorts, onAgain: (next: Handling) => void): Promise<HandlingOutcome> {
  const { dispatch } = first
  const logger = ports.logger.child({ dispatchId: dispatch.dispatchId, workflowId: dispatch.workflowId, capability: first.capability })
  if (remainingMs(first, ports) <= 0) {
    ports.counters.add('expired')
    logger.info('not handled: its deadline was over when its turn came')
    return done(null)
  }
  ports.onBegin({ priority: first.priority, latencyMs: Math.max(0, ports.clock.nowMs() - first.wantedAtMs) })
  const { handling, ending } = await runAttempts(first, ports, onAgain, logger)
  if (ending === 'left') return { type: 'left' }
  if (ending === 'unanswered') {
    ports.counters.add('unanswered')
    logger.info({ reason: (handling.signal.reason as MeshError).code }, 'not answered: nobody waits for it any more')
    return done(null)
  }
  if (ending === 'abandoned') {
    ports.counters.add('abandoned')
    logger.error('the handler did not end in time and ignored its signal; its outcome is lost')
    if (dispatch.type === 'event' && !handling.superseded) await sendBack(handling, failed('TIMEOUT', `the handler of '${handling.capability}' did not end`).error, null, ports, logger)
    return done(null)
  }
  return conclude(handling, ending, ports, logger)
}

async function conclude (handling: Handling, { answer, handlerMs }: Exclude<Ending, string>, ports: HandlingPorts, logger: Logger): Promise<HandlingOutcome> {
  const { dispatch: { type }, superseded } = handling
  if (superseded && 'error' in answer) return { type: 'left' }
  ports.counters.add('handled')
  if ('error' in answer) {
    ports.counters.add('failed')
    logger.warn({ code: answer.error.code, reason: answer.error.message, attempt: handling.attempt }, type === 'event' ? 'the event was not handled' : 'answered with an error')
  }
  if (type === 'request') await sendAnswer(handling, answer, handlerMs, ports, logger)
  else if ('error' in answer) await sendBack(handling, answer.error, handlerMs, ports, logger)
  return done('error' in answer ? answer.error : null)
}

const done = (error: ErrorDetail | null): HandlingOutcome => ({ type: 'done', error })

/** Broker time left, no less than there is; Infinity for no deadline. */
export function remainingMs ({ deadlineAtMs }: Handling, { brokerClock, clock }: HandlingPorts): number {
  if (deadlineAtMs === null) return Infinity
  const brokerNowMs = brokerClock.nowMs(clock.monotonicMs())
  return brokerNowMs === undefined ? Infinity : deadlineAtMs - brokerNowMs
}

/** Requests are tried again by the mesh, which knows how their target fares; events here, where their handler is. */
async function runAttempts (
  first: Handling, ports: HandlingPorts, onAgain: (next: Handling) => void, logger: Logger
): Promise<{ handling: Handling, ending: Ending }> {
  const { dispatch: { type }, capability } = first
  const contract = ports.contracts[capability]
  const policy = type === 'event' && contract !== undefined ? retryPolicyOf(contract) : undefined
  for (let handling = first, runs = 1; ; runs++) {
    const ending = await runBounded(handling, ports, logger)
    await handling.confirmed()
    if (typeof ending === 'string' || !('error' in ending.answer) || handling.superseded) return { handling, ending }
    const { error } = ending.answer
    const waitMs = waitBeforeAgain(policy, error, runs, remainingMs(handling, ports), Math.random())
    if (waitMs === undefined) return { handling, ending }
    ports.counters.add('retried')
    logger.warn({ code: error.code, reason: error.message, attempt: handling.attempt, waitMs }, 'the event was not handled; tried again')
    handling = handling.again()
    onAgain(handling)
    if (!await waited(waitMs, handling.signal)) return { handling, ending: 'left' }
  }
}

/** False when the signal ended the wait; only a stop does. */
const waited = (ms: number, signal: AbortSignal): Promise<boolean> => pause(ms, true, { signal }).catch(() => false)

async function runBounded (handling: Handling, ports: HandlingPorts, logger: Logger): Promise<Ending> {
  const about = { dispatchId: handling.dispatch.dispatchId, capability: handling.capability }
  const boundMs = Math.min(remainingMs(handling, ports), ports.handlerMsMax)
  const timer = setTimeout(() => handling.abort(outOfTime(about)), boundMs)
  const idle = handling.idleTimeoutMs === null ? undefined : setTimeout(() => handling.abort(silentTooLong(about)), handling.idleTimeoutMs)
  handling.onAlive = () => { idle?.refresh() }
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
    clearTimeout(idle)
    clearTimeout(abandoner)
  }
}

async function runHandler (handling: Handling, ports: HandlingPorts, logger: Logger): Promise<Ending> {
  const { dispatch, capability, signal } = handling
  const contract = ports.contracts[capability]
  const handler = ports.handlers.get(capability)
  if (contract === undefined || handler === undefined) return { answer: failed('NO_HANDLER', `this agent has no handler for '${capability}'`), handlerMs: null }
  const json = fromPayload(dispatch.payload, dispatch.contentType)
  const input: Parsed<unknown> = 'problem' in json ? json : await fit(contract.input, json.value)
  if ('problem' in input) return { answer: failed('INPUT_INVALID', `the input does not fit '${capability}': ${input.problem}`), handlerMs: null }
  const { monotonicMs } = ports.clock
  const begunAtMs = monotonicMs()
  const ran = (answer: Answer): Ending => isUnanswered(signal.reason) ? 'unanswered' : { answer, handlerMs: Math.round(endedAtMs - begunAtMs) }
  let endedAtMs = begunAtMs
  let output: unknown
  try {
    output = await handler(input.value, meshFor(ports.exchange, handling, logger, monotonicMs))
    endedAtMs = monotonicMs()
  } catch (error) {
    endedAtMs = monotonicMs()
    // A handler that fails because its agent stops didn't fail: another instance runs it again.
    if (isStop(signal.reason) || isStop(error)) return 'left'
    // Told to end, it ended: to the caller that is a time-out, whoever says so first.
    return ran(signal.aborted ? failed('TIMEOUT', `the handler of '${capability}' ran out of time`) : failedBy(error, capability, logger))
  }
  if (dispatch.type === 'event') return ran({ payload: Buffer.alloc(0) })
  const fitted = contract.output === undefined ? { value: output } : await fit(contract.output, output)
  if ('problem' in fitted) return ran(failed('OUTPUT_INVALID', `the output of '${capability}' does not fit: ${fitted.problem}`))
  try {
    return ran({ payload: toPayload(fitted.value, capability) })
  } catch {
    return ran(failed('OUTPUT_INVALID', `the output of '${capability}' can't be written as JSON`))
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

/** A lost answer becomes the caller's TIMEOUT. */
async function sendAnswer (handling: Handling, answer: Answer, handlerMs: number | null, ports: HandlingPorts, logger: Logger): Promise<void> {
  const { capability } = handling
  const tooLarge = (bytes: number): Answer => failed('VALUE_TOO_LARGE', `the output of '${capability}' has ${bytes} bytes`)
  let toSend = answer
  await tellMesh(handling, ports, logger, error => {
    if (isTooLarge(error) && 'payload' in toSend) toSend = tooLarge(toSend.payload.length)
    return ports.exchange.answer(handling, toSend, handlerMs)
  })
}

/** What is said by the SDK itself, of what its handlers never saw or broke down on. */
const meshCodes: ReadonlySet<string> = new Set<ReasonCode>(['HANDLER_FAILED', 'SET_ASIDE', ...signatureCodes])

/** The mesh keeps it for an operator. Of one so large that nothing fits around it, the word alone goes back. */
export async function sendBack (handling: Handling, error: ErrorDetail, handlerMs: number | null, ports: HandlingPorts, logger: Logger): Promise<void> {
  const { code, message, retriable } = error
  const isMeshs = meshCodes.has(code)
  const said: ErrorDetail = isMeshs ? error : { code: 'HANDLER_FAILED', message: `${code}: ${message}`.slice(0, messageCharsMax), retriable }
  let isWhole = true
  await tellMesh(handling, ports, logger, failure => {
    if (isTooLarge(failure)) isWhole = false
    return ports.exchange.sendBack(handling, said, handlerMs, isWhole)
  })
}

const isTooLarge = (error: unknown): boolean => error instanceof MeshError && error.code === 'VALUE_TOO_LARGE'

/** Tries until the broker has it, the deadline is over, or the attempts are; `send` is told how the attempt before failed. */
async function tellMesh (handling: Handling, ports: HandlingPorts, logger: Logger, send: (failure: unknown) => Promise<void>): Promise<void> {
  let failure: unknown
  for (let attempt = 1; ; attempt++) {
    try {
      await send(failure)
      return
    } catch (error) {
      const wasTooLarge = isTooLarge(failure)
      failure = error
      if (isTooLarge(error) && !wasTooLarge) continue
      if (attempt >= answerAttemptsMax || remainingMs(handling, ports) <= 0) {
        ports.counters.add('answersLost')
        logger.error({ code: codeSaid(error), attempt }, 'the outcome could not be sent; a caller will time out')
        return
      }
      await pause(answerPauseMs * 2 ** attempt)
    }
  }
}
