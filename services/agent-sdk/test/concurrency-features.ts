// maxConcurrent holds over all instances of an agent together, whatever their number and whatever comes and goes.
import { afterEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { type Agent, defineAgent, type MeshError, startAgents } from '../src/index.ts'
import { until } from './agent-features.ts'
import type { MeshGround } from './mesh-ground.ts'

const maxConcurrent = 3
const common = { version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'mesh' } as const
const ttlMs = 120_000

/** Handlers that run, over all instances of this process. */
interface Watch {
  running: number
  most: number
  /** Handlers begun, by instance. */
  readonly begunBy: Map<Agent, number>
}

function limitedOf (capability: string, name: string, handlerMs: () => number, watch: Watch): Agent {
  const agent = defineAgent({ ...common, name, maxConcurrent, capabilities: { [capability]: { input: z.number(), output: z.number() } } }) as Agent
  watch.begunBy.set(agent, 0)
  return agent.handle(capability, async input => {
    watch.running++
    watch.most = Math.max(watch.most, watch.running)
    watch.begunBy.set(agent, watch.begunBy.get(agent)! + 1)
    await new Promise(resolve => setTimeout(resolve, handlerMs()))
    watch.running--
    return input
  })
}

/** Keeps so many calls waiting until ended. */
function startLoad (asker: Agent, capability: string, outstanding: number) {
  let answered = 0
  let asked = 0
  let ended = false
  const failures: string[] = []
  const ask = async (): Promise<void> => {
    while (!ended) {
      const number = asked++
      const call = asker.call(capability, number, { priority: (number % 4) as 0 | 1 | 2 | 3, ttlMs })
      await call.then(() => answered++, (error: MeshError) => failures.push(`${error.code}: ${error.message}`))
    }
  }
  const asking = Promise.all(Array.from({ length: outstanding }, ask))
  return {
    more: (count: number) => {
      const wanted = answered + count
      return until(() => answered >= wanted || failures.length > 0, 60_000)
    },
    async end () {
      ended = true
      await asking
      return failures
    }
  }
}

export function concurrencyFeatures (title: string, ground: () => MeshGround): void {
  describe(title, () => {
    const agents: Agent[] = []
    afterEach(async () => { await Promise.all(agents.splice(0).map(agent => agent.stop())) })

    async function begin (handlerMs: () => number, handoffMs?: number) {
      const suffix = Math.random().toString(36).slice(2, 8)
      const capability = `limited.${suffix}`
      const watch: Watch = { running: 0, most: 0, begunBy: new Map() }
      const options = { ...ground().options, ...handoffMs === undefined ? {} : { handoffMs } }
      const asker = defineAgent({ ...common, name: `asker-${suffix}`, dependencies: [capability], urgentCapabilities: [capability] }) as Agent
      const instances = Array.from({ length: 5 }, () => limitedOf(capability, `limited-${suffix}`, handlerMs, watch))
      agents.push(asker, ...instances)
      await startAgents([asker], options)
      const startSome = (some: Agent[]): Promise<unknown> => Promise.all(some.map(agent => agent.start(options)))
      return { watch, instances, startSome, load: () => startLoad(asker, capability, 12) }
    }
    /** How many instances have begun something since. */
    const busySince = ({ begunBy }: Watch, before: ReadonlyMap<Agent, number>): number =>
      [...begunBy].filter(([agent, begun]) => begun > before.get(agent)!).length

    async function scale (handlerMs: () => number, handoffMs?: number): Promise<Watch> {
      const { watch, instances, startSome, load: startLoadNow } = await begin(handlerMs, handoffMs)
      await startSome(instances.slice(0, 1))
      const load = startLoadNow()
      await load.more(6)
      expect(watch.most).toBe(maxConcurrent)

      const beforeFive = new Map(watch.begunBy)
      await startSome(instances.slice(1))
      await until(() => busySince(watch, beforeFive) === maxConcurrent, 30_000)
      await load.more(12)

      const beforeTwo = new Map(watch.begunBy)
      await Promise.all(instances.slice(0, 3).map(agent => agent.stop()))
      await until(() => instances.slice(3).every(agent => watch.begunBy.get(agent)! > beforeTwo.get(agent)!), 30_000)
      await load.more(12)
      expect(await load.end()).toEqual([])
      expect(watch.running).toBe(0)
      return watch
    }

    test('1 → 5 → 2 instances with short handlers never run more together', async () => {
      expect((await scale(() => 40 + Math.random() * 80)).most).toBe(maxConcurrent)
    }, 120_000)

    test('1 → 5 → 2 instances whose handlers outlast each rebalance never run more together, and the newcomers get their share', async () => {
      expect((await scale(() => 600 + Math.random() * 600, 50)).most).toBe(maxConcurrent)
    }, 120_000)
  })
}
