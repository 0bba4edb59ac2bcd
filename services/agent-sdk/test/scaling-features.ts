// What must hold while instances come and go under load, whatever stands behind the topics.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { type Agent, defineAgent, type MeshError, type StartOptions, startAgents } from '../src/index.ts'
import { until } from './agent-features.ts'

export interface ScalingGround {
  readonly options: StartOptions
  stop (): Promise<void>
}

const common = { version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'mesh' } as const
const Number_ = z.object({ number: z.number() })

interface Load {
  /** Resolves when this many more calls have been answered. */
  more (count: number): Promise<void>
  end (): Promise<string[]>
}

/** Calls all the time until ended, a few at once. */
function startLoad (asker: Agent, capability: string, options: { readonly everyMs: number }): Load {
  const outcomes: Promise<string>[] = []
  let answered = 0
  const timer = setInterval(() => {
    const number = outcomes.length
    const call = asker.call(capability, { number }, { output: Number_, priority: (number % 4) as 0 | 1 | 2 | 3 })
    outcomes.push(call.finally(() => { answered++ }).then(output => output.number === 2 * number + 1 ? 'right' : 'wrong', (error: MeshError) => `${error.code}: ${error.message}`))
  }, options.everyMs)
  return {
    async more (count) {
      const wanted = answered + count
      await until(() => answered >= wanted, 40_000)
    },
    async end () {
      clearInterval(timer)
      return Promise.all(outcomes)
    }
  }
}

const counted = (outcomes: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

const later = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

interface Cast {
  readonly asker: Agent
  readonly worker: Agent
  /** One more instance of the agent that is asked and asks: it answers 2n + 1, doubled elsewhere, after two calls. */
  makeMiddle (): Agent
  readonly capability: string
  /** Of the middle's handler, by dispatch id. */
  readonly runs: Map<string, number>
}

function castOf (handlerMs: (number: number) => number): Cast {
  const suffix = Math.random().toString(36).slice(2, 8)
  const [capability, double, touch] = [`odd.${suffix}`, `double.${suffix}`, `touch.${suffix}`]
  const worker = defineAgent({ ...common, name: `worker-${suffix}`, maxConcurrent: 50, capabilities: { [double]: { input: Number_, output: Number_ }, [touch]: { input: Number_ } } })
  worker.handle(double, ({ number }) => ({ number: 2 * number }))
  worker.handle(touch, () => null)
  const runs = new Map<string, number>()
  return {
    worker: worker as Agent, capability, runs,
    asker: defineAgent({ ...common, name: `asker-${suffix}`, dependencies: [capability] }),
    makeMiddle: () => defineAgent({
      ...common, name: `middle-${suffix}`, maxConcurrent: 60, dependencies: [double, touch], capabilities: { [capability]: { input: Number_, output: Number_ } }
    }).handle(capability, async ({ number }, mesh) => {
      runs.set(mesh.dispatchId, (runs.get(mesh.dispatchId) ?? 0) + 1)
      await mesh.call(touch, { number })
      await later(handlerMs(number))
      const doubled = await mesh.call(double, { number }, { output: Number_ })
      return { number: doubled.number + 1 }
    }) as Agent
  }
}

export function scalingFeatures (title: string, makeGround: () => Promise<ScalingGround>): void {
  describe(title, () => {
    let ground: ScalingGround
    let agents: Agent[]
    beforeEach(async () => {
      ground = await makeGround()
      agents = []
    })
    afterEach(async () => {
      await Promise.all(agents.map(agent => agent.stop()))
      await ground.stop()
    })
    const said = (what: string, outcomes: readonly string[], { runs }: Cast): void =>
      console.log(`${what}: ${outcomes.length} calls, ${[...runs.values()].reduce((sum, count) => sum + count, 0) - runs.size} handlers ran again`)

    test('1 → 3 → 1 instances of an agent that is asked and asks: each answer reaches the caller that waits', async () => {
      const cast = castOf(number => number % 50)
      const middles = [cast.makeMiddle(), cast.makeMiddle(), cast.makeMiddle()]
      agents = [cast.asker, cast.worker, ...middles]
      await startAgents([cast.asker, cast.worker, middles[0]!], ground.options)
      const load = startLoad(cast.asker, cast.capability, { everyMs: 10 })
      await Promise.all([middles[1]!.start(ground.options), middles[2]!.start(ground.options)])
      await load.more(50)
      await middles[0]!.stop()
      await load.more(50)
      await middles[2]!.stop()
      await load.more(50)
      const outcomes = await load.end()
      expect(counted(outcomes)).toEqual({ right: outcomes.length })
      said('1 → 3 → 1', outcomes, cast)
    }, 60_000)

    test('handlers that outlast the rebalance run twice, and each call still gets its one right answer', async () => {
      const cast = castOf(() => 1_000)
      const middles = [cast.makeMiddle(), cast.makeMiddle()]
      agents = [cast.asker, cast.worker, ...middles]
      const options = { ...ground.options, handoffMs: 20 }
      await startAgents([cast.asker, cast.worker, middles[0]!], options)
      const load = startLoad(cast.asker, cast.capability, { everyMs: 25 })
      await load.more(30)
      await middles[1]!.start(options)
      await load.more(30)
      const outcomes = await load.end()
      said('outlasting handlers', outcomes, cast)
      expect(counted(outcomes)).toEqual({ right: outcomes.length })
      expect(Math.max(...cast.runs.values())).toBeGreaterThan(1)
    }, 60_000)

    test('an instance that stops under load ends what it began and loses nothing', async () => {
      const cast = castOf(() => 300)
      const middles = [cast.makeMiddle(), cast.makeMiddle()]
      agents = [cast.asker, cast.worker, ...middles]
      await startAgents([cast.asker, cast.worker, middles[0]!], ground.options)
      await middles[1]!.start(ground.options)
      const load = startLoad(cast.asker, cast.capability, { everyMs: 15 })
      await load.more(60)
      const running = middles[0]!.health().running
      await middles[0]!.stop()
      expect(middles[0]!.health()).toMatchObject({ status: 'stopped' })
      await load.more(30)
      const outcomes = await load.end()
      said(`drain of ${running} running handlers`, outcomes, cast)
      expect(counted(outcomes)).toEqual({ right: outcomes.length })
    }, 60_000)
  })
}
