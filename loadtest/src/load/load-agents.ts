// The agents of the load, as their authors would write them: sources that begin, and targets that handle, ask the next and tell
// others, as the workload says.
import { type Agent, AgentError, defineAgent, MeshError, type Mesh } from '@mesh/agent-sdk'
import { z } from 'zod'
import { randomFrom } from '../core/random.ts'
import type { Workload } from '../core/workload.ts'
import type { Sources } from './driver.ts'
import { capabilityOf, sourceName, targetName } from './load-names.ts'
import { monotonicMs } from './monotonic.ts'
import type { Marked } from './orders.ts'
import type { Taken } from './taken.ts'

const marked = z.object({ run: z.number(), n: z.number(), place: z.number(), atMs: z.number(), fill: z.string() }) satisfies z.ZodType<Marked>

/** When the handler was done. */
const answered = z.object({ atMs: z.number() })

const common = { version: '1.0.0', domain: 'loadtest', role: 'orchestrator', ownerTeam: 'loadtest' } as const

export function sourceAgents ({ agents: { sources, targets } }: Workload): Agent[] {
  const dependencies = Array.from({ length: targets }, (_, target) => capabilityOf(target))
  return Array.from({ length: sources }, (_, source) => defineAgent({
    ...common, name: sourceName(source), dependencies, urgentCapabilities: dependencies, capabilities: {}, answersPartitions: 1, inboxPartitions: 1
  }))
}

const ttlMs = 60_000
/** A handler's time holds that of all whom it asks, and on a cold machine: circuits are not what is measured. */
const slaMs = 60_000

/** Each workflow is begun by one source, so that it has an order. */
export function sourcesOf (agents: readonly Agent[]): Sources {
  return {
    begin ({ arrival: { workflow, target, isRequest }, priority, input }, done, fail) {
      const agent = agents[workflow % agents.length]!
      const options = { workflowId: `load-${input.run}-${workflow}`, priority }
      const failed = (error: unknown) => fail(codeOf(error))
      if (isRequest) agent.call(capabilityOf(target), input, { ...options, output: answered, ttlMs }).then(({ atMs }) => done(atMs), failed)
      else agent.send(capabilityOf(target), input, options).then(() => done(), failed)
    }
  }
}

const codeOf = (error: unknown): string => error instanceof MeshError ? error.code : 'UNTYPED'

export function targetAgents (workload: Workload, taken: Taken): Agent[] {
  return Array.from({ length: workload.agents.targets }, (_, target) => targetAgent(workload, target, taken))
}

function targetAgent (workload: Workload, target: number, taken: Taken): Agent {
  const { agents: { targets, maxConcurrent, inboxPartitions }, chainDepth, fanOut, service } = workload
  const follows = chainDepth > 1 ? 1 : fanOut
  const next = Array.from({ length: follows }, (_, k) => target + 1 + k).filter(each => each < targets)
  const agent = defineAgent({
    ...common, name: targetName(target), maxConcurrent, inboxPartitions, answersPartitions: 1, slaP95Ms: slaMs,
    dependencies: next.map(capabilityOf), urgentCapabilities: next.map(capabilityOf),
    capabilities: { [capabilityOf(target)]: { input: marked, output: answered, retry: { attemptsMax: 1 } } }
  })
  const random = randomFrom(target)
  agent.handle(capabilityOf(target), (input: Marked, mesh: Mesh) => {
    if (!taken.note(input, mesh.priority, target)) return { atMs: monotonicMs() }
    // Most handlers of most loads end at once: no promise for those.
    if (service.meanMs === 0 && service.failureRate === 0 && follows === 0) return { atMs: monotonicMs() }
    return serve(input, mesh)
  })
  agent.onRefused(({ code }) => taken.end(code))
  return agent

  async function serve (input: Marked, mesh: Mesh): Promise<{ atMs: number }> {
    if (service.meanMs > 0) await new Promise(resolve => setTimeout(resolve, -Math.log(1 - random()) * service.meanMs))
    if (random() < service.failureRate) throw new AgentError('MEANT_TO_FAIL', 'the workload says so')
    const { place } = input
    if (chainDepth > 1 && place + 1 < chainDepth) {
      try {
        const { atMs } = await mesh.call(capabilityOf(target + 1), { ...input, place: place + 1, atMs: monotonicMs() }, { output: answered })
        taken.reply(mesh.priority, atMs)
      } catch (error) {
        taken.end(codeOf(error))
        throw error
      }
    }
    if (fanOut > 0 && place === 0) {
      await Promise.all(next.map((told, k) => mesh.send(capabilityOf(told), { ...input, place: 1 + k, atMs: monotonicMs() })))
    }
    return { atMs: monotonicMs() }
  }
}
