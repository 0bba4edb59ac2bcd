// What must hold while instances come and go under load.
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Agent, type MeshError, startAgents } from '../src/index.ts'
import { until } from './agent-features.ts'
import { askerOf, middleOf, oddOf, WithNumber, workerOf } from './cast.ts'
import { type MeshGround, startProcess } from './mesh-ground.ts'

interface Load {
  /** Resolves when this many more calls have been answered. */
  more (count: number): Promise<void>
  /** How often each outcome came. */
  end (): Promise<Record<string, number>>
}

/** Calls all the time until ended. */
function startLoad (asker: Agent, capability: string, everyMs: number): Load {
  const outcomes: Promise<string>[] = []
  let answered = 0
  const timer = setInterval(() => {
    const number = outcomes.length
    const call = asker.call(capability, { number }, { output: WithNumber, priority: (number % 4) as 0 | 1 | 2 | 3 })
    outcomes.push(call.finally(() => { answered++ }).then(output => output.number === 2 * number + 1 ? 'right' : 'wrong', (error: MeshError) => `${error.code}: ${error.message}`))
  }, everyMs)
  return {
    async more (count) {
      const wanted = answered + count
      await until(() => answered >= wanted, 40_000)
    },
    async end () {
      clearInterval(timer)
      const counts: Record<string, number> = {}
      for (const outcome of await Promise.all(outcomes)) counts[outcome] = (counts[outcome] ?? 0) + 1
      return counts
    }
  }
}

export function scalingFeatures (title: string, ground: () => MeshGround): void {
  describe(title, () => {
    const agents: Agent[] = []
    afterEach(async () => { await Promise.all(agents.splice(0).map(agent => agent.stop())) })

    /** An asker and a worker, and what it takes to make instances of the middle. */
    async function begin (handlerMs: (number: number) => number, options = ground().options) {
      const suffix = Math.random().toString(36).slice(2, 8)
      const runs = new Map<string, number>()
      const startMiddle = async (): Promise<Agent> => {
        const middle = middleOf(suffix, { handlerMs, onRun: id => { runs.set(id, (runs.get(id) ?? 0) + 1) } })
        agents.push(middle)
        await middle.start(options)
        return middle
      }
      const asker = askerOf(suffix)
      agents.push(asker, workerOf(suffix))
      await startAgents(agents, options)
      const runsAgain = (): number => [...runs.values()].reduce((sum, count) => sum + count, 0) - runs.size
      return { suffix, runsAgain, startMiddle, load: (everyMs: number) => startLoad(asker, oddOf(suffix), everyMs) }
    }

    test('1 → 3 → 1 instances of an agent that is asked and asks: each answer reaches the caller that waits', async () => {
      const { startMiddle, load: startLoadEvery, runsAgain } = await begin(number => number % 50)
      const first = await startMiddle()
      const load = startLoadEvery(10)
      const [, third] = await Promise.all([startMiddle(), startMiddle()])
      await load.more(50)
      await first.stop()
      await load.more(50)
      await third.stop()
      await load.more(50)
      const outcomes = await load.end()
      expect(outcomes).toEqual({ right: expect.any(Number) })
      console.log(`1 → 3 → 1: ${outcomes.right} calls, ${runsAgain()} handlers ran again`)
    }, 60_000)

    test('handlers that outlast a rebalance run twice, and each call still gets its one right answer', async () => {
      const { startMiddle, load: startLoadEvery, runsAgain } = await begin(() => 800, { ...ground().options, handoffMs: 20 })
      await startMiddle()
      const load = startLoadEvery(25)
      await load.more(20)
      await startMiddle()
      await load.more(20)
      const outcomes = await load.end()
      expect(outcomes).toEqual({ right: expect.any(Number) })
      expect(runsAgain()).toBeGreaterThan(0)
      console.log(`outlasting handlers: ${outcomes.right} calls, ${runsAgain()} handlers ran again`)
    }, 60_000)

    test('an instance that stops under load ends what it began and loses nothing', async () => {
      const { startMiddle, load: startLoadEvery, runsAgain } = await begin(() => 300)
      const [first] = await Promise.all([startMiddle(), startMiddle()])
      const load = startLoadEvery(15)
      await load.more(40)
      const { running } = first.health()
      await first.stop()
      expect(first.health().status).toBe('stopped')
      await load.more(20)
      const outcomes = await load.end()
      expect(outcomes).toEqual({ right: expect.any(Number) })
      console.log(`drained ${running} running handlers: ${outcomes.right} calls, ${runsAgain()} handlers ran again`)
    }, 60_000)

    test('an instance that is killed is replaced: what it had begun runs again, with the answers that it had got', async () => {
      const { suffix, startMiddle, load: startLoadEvery, runsAgain } = await begin(() => 0)
      const { environment } = ground()
      const killed = await startProcess('services/agent-sdk/test/middle-process.ts', environment, [suffix])
      const load = startLoadEvery(50)
      await load.more(10)
      await startMiddle()
      await load.more(20)
      killed.kill('SIGKILL')
      await load.more(200)
      const outcomes = await load.end()
      expect(outcomes).toEqual({ right: expect.any(Number) })
      console.log(`killed: ${outcomes.right} calls, ${runsAgain()} handlers ran again here`)
    }, 60_000)
  })
}
