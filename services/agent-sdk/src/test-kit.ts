// Runs an agent's handlers in a test's own process, with no broker, through the same path as in production.
import type { z } from 'zod'
import { type Agent, defineAgent } from './agent.ts'
import type { Contracts } from './definition.ts'
import { MeshError } from './errors.ts'
import { MemoryMesh, type Stub } from './memory-mesh.ts'
import type { RootCallOptions, RootSendOptions } from './mesh.ts'

/** What a handler sent, as a test wants to see it. */
export interface Recorded {
  readonly source: string
  readonly capability: string
  readonly input: unknown
  readonly priority: number
  readonly ttlMs: number | null
  readonly target: string | null
  readonly dispatchId: string
  readonly parentId: string | null
}

export interface KitOutcome {
  /** Requests that handlers made, in order. */
  readonly calls: readonly Recorded[]
  /** Events that handlers sent, in order. */
  readonly sends: readonly Recorded[]
  readonly dispatchId: string
  readonly workflowId: string
}

export interface KitAnswer<T> extends KitOutcome {
  readonly output: T
}

export interface Stubs {
  /** Answers for capabilities of agents that aren't in the kit: input to output. One that throws answers with its error's code. */
  readonly calls?: Readonly<Record<string, Stub>>
}

export interface TestKit {
  /**
   * Sends a request to the agent and resolves with its output and all that its handlers sent. Rejects with the MeshError
   * that a caller would get. A call that has no stub and no agent rejects in the handler with UNKNOWN_CAPABILITY, one
   * that isn't declared as a dependency with UNDECLARED_DEPENDENCY.
   *
   * @example
   * const { output, calls } = await kit.request('analyze_lead', { leadId: '7' }, { calls: { memory_lookup: () => ({ turns: [] }) } })
   */
  request<Output extends z.ZodType = z.ZodUnknown> (
    capability: string, input: unknown, options?: RootCallOptions<Output> & Stubs
  ): Promise<KitAnswer<z.output<Output>>>
  /**
   * Sends an event and resolves when the handlers that it caused have ended. Rejects with the MeshError that the handler
   * would have been answered with, had it been a request.
   *
   * @example
   * const { sends } = await kit.event('contact_changed', { leadId: '7' })
   */
  event (capability: string, input: unknown, options?: RootSendOptions & Stubs): Promise<KitOutcome>
  /** Ends the kit; the agents can be started or put in another kit afterwards. */
  stop (): Promise<void>
}

/**
 * Makes a kit for an agent, or for several that talk with each other. The agents must not be started.
 *
 * @example
 * const kit = createTestKit(agent)
 */
export function createTestKit<C extends Contracts> (agent: Agent<C>, ...others: Agent[]): TestKit {
  const mesh = new MemoryMesh()
  const caller = defineAgent({ name: 'test-caller', version: '0.0.0', domain: 'test', role: 'bot', ownerTeam: 'test' })
  mesh.join(caller, { mayCallAnything: true })
  for (const member of [agent, ...others]) mesh.join(member as Agent)
  return {
    async request (capability, input, options = {}) {
      const { calls: stubs, ...ask } = options
      const workflowId = options.workflowId ?? crypto.randomUUID()
      mesh.watch(workflowId, stubs ?? {})
      const { output, dispatchId } = await caller.callDetailed(capability, input, { ...ask, workflowId, target: options.target ?? agent.name })
      await mesh.settled(workflowId)
      return { output, dispatchId, workflowId, ...recordedOf(mesh, workflowId) }
    },
    async event (capability, input, options = {}) {
      const { calls: stubs, ...ask } = options
      const workflowId = options.workflowId ?? crypto.randomUUID()
      mesh.watch(workflowId, stubs ?? {})
      const { dispatchId } = await caller.send(capability, input, { ...ask, workflowId, target: options.target ?? agent.name })
      const outcomes = await mesh.settled(workflowId)
      const failed = outcomes.find(outcome => outcome.type === 'done' && outcome.error !== null)
      if (failed?.type === 'done') throw new MeshError(failed.error!.code, failed.error!.message, { retriable: failed.error!.retriable, dispatchId, capability })
      return { dispatchId, workflowId, ...recordedOf(mesh, workflowId) }
    },
    stop: () => mesh.stop()
  }
}

function recordedOf (mesh: MemoryMesh, workflowId: string): Pick<KitOutcome, 'calls' | 'sends'> {
  const recorded = (type: 'request' | 'event'): Recorded[] => mesh.sent
    .filter(dispatch => dispatch.workflowId === workflowId && dispatch.type === type && dispatch.parentId !== null)
    .map(({ source, capability, payload, priority, ttlMs, target, dispatchId, parentId }) =>
      ({ source, capability, input: JSON.parse(payload.toString()) as unknown, priority, ttlMs, target, dispatchId, parentId }))
  return { calls: recorded('request'), sends: recorded('event') }
}
