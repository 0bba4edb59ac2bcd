// What an agent's author holds.
import type { z } from 'zod'
import { type RunningAgent, setParts } from './agent-parts.ts'
import { sdkCodes } from './codes.ts'
import type { StartOptions } from './config.ts'
import { type CounterName, Counters } from './counters.ts'
import { type AgentDefinition, checkDefinition, type Contracts } from './definition.ts'
import { MeshError } from './errors.ts'
import type { Refused } from './exchange-parts.ts'
import { processClock } from './instance.ts'
import { Listeners } from './listeners.ts'
import { type CallDetails, callThrough, type Mesh, type RootCallOptions, type RootSendOptions } from './mesh.ts'
import { toPayload } from './payload.ts'
import type { AnyHandler, Began } from './pipeline.ts'
import type { SlowDown, SlowDownSignal } from './slow-down.ts'
import { startAgents } from './start.ts'

type HandlerInput<C extends Contracts, K extends keyof C> = z.output<C[K]['input']>
type HandlerOutput<C extends Contracts, K extends keyof C> = C[K] extends { readonly output: infer Output extends z.ZodType } ? z.input<Output> : unknown

/** Input has passed the contract; what is returned is checked against it. */
export type Handler<C extends Contracts, K extends keyof C> = (input: HandlerInput<C, K>, mesh: Mesh) => HandlerOutput<C, K> | Promise<HandlerOutput<C, K>>

export type AgentStatus = 'stopped' | 'starting' | 'ready' | 'degraded' | 'draining'

export interface AgentHealth {
  readonly status: AgentStatus
  /** Why it can't work just now. */
  readonly problem: string | undefined
  /** Handlers that run. */
  readonly running: number
  /** Deliveries read and not yet begun. */
  readonly queued: number
  /** Calls that wait for their answer. */
  readonly pendingCalls: number
  /** Dispatches that wait here because the mesh asked to slow down; with `pace: 'auto'`. */
  readonly paced: number
  /** What the mesh said last when the agent was over its quota; undefined when that is over. */
  readonly slowDown: SlowDown | undefined
  /** Since the start of this instance. */
  readonly counts: Readonly<Record<CounterName, number>>
}

export interface Agent<C extends Contracts = Contracts> {
  readonly name: string
  readonly version: string
  /**
   * Sets the handler of a capability; before start, once each. A handler may run again with the same dispatchId (after
   * a crash or when partitions move), so what it does outside the mesh should be keyed by it. Throw AgentError to answer
   * with a code of your own; anything else is answered as HANDLER_FAILED.
   *
   * @example
   * agent.handle('analyze_lead', async (input, mesh) => ({ intent: 'buy', past: await mesh.call('memory_lookup', input) }))
   */
  handle<K extends keyof C & string> (capability: K, handler: Handler<C, K>): this
  /**
   * Begins a workflow from outside any handler: asks and awaits the answer. Rejects with MeshError, as `mesh.call` does,
   * and with NOT_STARTED. Priority 2 and ttlMs 30,000 by default.
   *
   * @example
   * const reply = await agent.call('take_turn', { text }, { priority: 0, workflowId: conversationId })
   */
  call<Output extends z.ZodType = z.ZodUnknown> (capability: string, input: unknown, options?: RootCallOptions<Output>): Promise<z.output<Output>>
  /**
   * Like `call`, and says which dispatch and workflow it was, who answered, and how long it took (milliseconds). Rejects as `call`.
   *
   * @example
   * const { output, dispatchId } = await agent.callDetailed('take_turn', { text })
   */
  callDetailed<Output extends z.ZodType = z.ZodUnknown> (
    capability: string, input: unknown, options?: RootCallOptions<Output>
  ): Promise<CallDetails<z.output<Output>>>
  /**
   * Sends an event from outside any handler; resolves once the broker has it. A later refusal goes to `onRefused`.
   *
   * @example
   * const { workflowId } = await agent.send('day_began', { day: '2030-01-31' }, { priority: 3 })
   */
  send (capability: string, input: unknown, options?: RootSendOptions): Promise<{ dispatchId: string, workflowId: string }>
  /**
   * Calls the listener with each event that the mesh refused after taking it; refusals are logged whether or not
   * anybody listens. Returns what removes the listener. A listener that throws is logged.
   *
   * @example
   * agent.onRefused(({ code, capability }) => refusals.inc({ code, capability }))
   */
  onRefused (listener: (refused: Refused) => void): () => void
  /**
   * Calls the listener when the mesh says that the agent is over its quota (`slow_down`, once until it is over) and when
   * nothing waits for its quota any more (`cleared`). Each instance of the agent hears both; nothing is refused meanwhile,
   * it waits in the mesh. Returns what removes the listener. A listener that throws is logged.
   *
   * @example
   * agent.onSlowDown(signal => importer.setPaused(signal.type === 'slow_down'))
   */
  onSlowDown (listener: (signal: SlowDownSignal) => void): () => void
  /**
   * Registers, connects and resolves when ready to handle and to call. What isn't in the options comes from the
   * environment (README). Rejects with MeshError: CONFIG_INVALID, REGISTRY_UNREACHABLE, REGISTRATION_REFUSED,
   * BROKER_UNREACHABLE; it can then be started again.
   *
   * @example
   * await agent.start({ brokers: ['127.0.0.1:9092'], namespace: 'mesh' })
   */
  start (options?: StartOptions): Promise<void>
  /**
   * Drains: takes nothing new, lets handlers and calls end (drainMs, default 10,000; then aborts them), commits and
   * leaves. What was aborted is handled again by another instance. Safe to call twice.
   *
   * @example
   * process.once('SIGTERM', () => void agent.stop())
   */
  stop (): Promise<void>
  /**
   * What it does just now and has done so far; never throws.
   *
   * @example
   * if (agent.health().status !== 'ready') return 503
   */
  health (): AgentHealth
}

/**
 * Makes an agent from what it says of itself. Throws MeshError DEFINITION_INVALID with all problems at once.
 *
 * @example
 * const agent = defineAgent({ name: 'memory', version: '1.0.0', domain: 'operations', role: 'bot', ownerTeam: 'platform',
 *   capabilities: { memory_lookup: { input: z.object({ leadId: z.string() }), output: Memory } } })
 */
export function defineAgent<const C extends Contracts> (definition: AgentDefinition<C>): Agent<C> {
  checkDefinition(definition)
  return new DefinedAgent<C>(definition)
}

class DefinedAgent<C extends Contracts> implements Agent<C> {
  readonly name: string
  readonly version: string
  readonly #contracts: Contracts
  readonly #handlers = new Map<string, AnyHandler>()
  readonly #refusals = new Listeners<Refused>('refusals')
  readonly #slowDowns = new Listeners<SlowDownSignal>('slow-down signals')
  #status: 'stopped' | 'starting' | 'started' | 'draining' = 'stopped'
  #running: RunningAgent | undefined
  #stopping: Promise<void> | undefined

  constructor (definition: AgentDefinition<C>) {
    this.name = definition.name
    this.version = definition.version
    this.#contracts = definition.capabilities ?? {}
    setParts(this, {
      definition, contracts: this.#contracts, handlers: this.#handlers,
      refusals: this.#refusals, slowDowns: this.#slowDowns, begun: new Listeners<Began>('handlers that begin'),
      attach: running => { this.#running = running; this.#status = 'started' },
      detach: () => { this.#running = undefined; this.#status = 'stopped' }
    })
  }

  handle<K extends keyof C & string> (capability: K, handler: Handler<C, K>): this {
    if (!Object.hasOwn(this.#contracts, capability)) throw this.#invalid(`'${capability}' is not among its capabilities`)
    if (this.#handlers.has(capability)) throw this.#invalid(`'${capability}' has a handler already`)
    this.#handlers.set(capability, handler as AnyHandler)
    return this
  }

  async call<Output extends z.ZodType = z.ZodUnknown> (capability: string, input: unknown, options?: RootCallOptions<Output>): Promise<z.output<Output>> {
    return (await this.callDetailed(capability, input, options)).output
  }

  async callDetailed<Output extends z.ZodType = z.ZodUnknown> (
    capability: string, input: unknown, options?: RootCallOptions<Output>
  ): Promise<CallDetails<z.output<Output>>> {
    const { instance } = this.#started(capability)
    return instance.outside(callThrough(instance.exchange, null, capability, input, options ?? {}, processClock.monotonicMs))
  }

  async send (capability: string, input: unknown, options?: RootSendOptions): Promise<{ dispatchId: string, workflowId: string }> {
    const { instance } = this.#started(capability)
    return instance.outside(instance.exchange.send(null, { ...options, capability, payload: toPayload(input, capability) }))
  }

  onRefused (listener: (refused: Refused) => void): () => void { return this.#refusals.add(listener) }

  onSlowDown (listener: (signal: SlowDownSignal) => void): () => void { return this.#slowDowns.add(listener) }

  async start (options: StartOptions = {}): Promise<void> {
    if (this.#status !== 'stopped') throw this.#invalid(`it is ${this.#status} already`)
    this.#status = 'starting'
    try {
      await startAgents([this], options)
    } finally {
      if (this.#running === undefined) this.#status = 'stopped'
    }
  }

  async stop (): Promise<void> {
    const running = this.#running
    if (running === undefined) return this.#stopping
    if (this.#stopping !== undefined) return this.#stopping
    this.#status = 'draining'
    this.#stopping = running.stop().finally(() => {
      this.#running = undefined
      this.#status = 'stopped'
      this.#stopping = undefined
    })
    return this.#stopping
  }

  health (): AgentHealth {
    const running = this.#running
    const problem = running?.problem()
    const status = this.#status === 'started' ? problem === undefined ? 'ready' : 'degraded' : this.#status
    return {
      status, problem,
      running: running?.instance.running ?? 0,
      queued: running?.queued() ?? 0,
      pendingCalls: running?.instance.exchange.pendingCalls ?? 0,
      paced: running?.instance.paced ?? 0,
      slowDown: running?.instance.slowDown,
      counts: (running?.instance.counters ?? new Counters()).read()
    }
  }

  #started (capability: string): RunningAgent {
    if (this.#running !== undefined) return this.#running
    throw new MeshError('NOT_STARTED', `agent '${this.name}' is not started`, { ...sdkCodes.NOT_STARTED, capability })
  }

  #invalid (problem: string): MeshError {
    return new MeshError('DEFINITION_INVALID', `agent '${this.name}': ${problem}`, sdkCodes.DEFINITION_INVALID)
  }
}
