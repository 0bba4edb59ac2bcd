// The agents of the scaling tests: an asker, a middle that is asked and asks, and a worker.
import { z } from 'zod'
import { type Agent, defineAgent } from '../src/index.ts'

const common = { version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'mesh' } as const
export const WithNumber = z.object({ number: z.number() })

export const oddOf = (suffix: string): string => `odd.${suffix}`
const doubleOf = (suffix: string): string => `double.${suffix}`
const touchOf = (suffix: string): string => `touch.${suffix}`

export const askerOf = (suffix: string): Agent =>
  defineAgent({ ...common, name: `asker-${suffix}`, dependencies: [oddOf(suffix)], urgentCapabilities: [oddOf(suffix)] }) as Agent

export function workerOf (suffix: string): Agent {
  const capabilities = { [doubleOf(suffix)]: { input: WithNumber, output: WithNumber }, [touchOf(suffix)]: { input: WithNumber } }
  return defineAgent({ ...common, name: `worker-${suffix}`, maxConcurrent: 50, capabilities })
    .handle(doubleOf(suffix), ({ number }: { number: number }) => ({ number: 2 * number }))
    .handle(touchOf(suffix), () => null) as Agent
}

export interface MiddleOptions {
  readonly handlerMs: (number: number) => number
  readonly onRun: (dispatchId: string) => void
}

/** One instance more: it answers 2n + 1, with a call before and a call after its own work. */
export function middleOf (suffix: string, { handlerMs, onRun }: MiddleOptions): Agent {
  return defineAgent({
    ...common, name: `middle-${suffix}`, maxConcurrent: 60, dependencies: [doubleOf(suffix), touchOf(suffix)],
    capabilities: { [oddOf(suffix)]: { input: WithNumber, output: WithNumber } }
  }).handle(oddOf(suffix), async ({ number }: { number: number }, mesh) => {
    onRun(mesh.dispatchId)
    await mesh.call(touchOf(suffix), { number })
    await new Promise(resolve => setTimeout(resolve, handlerMs(number)))
    const doubled = await mesh.call(doubleOf(suffix), { number }, { output: WithNumber })
    return { number: doubled.number + 1 }
  }) as Agent
}
