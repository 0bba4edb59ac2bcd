// What an agent's health endpoint says while it works, stands, and works again.
import { describe, expect, test } from '@jest/globals'
import { freePort } from '@mesh/local-stack'
import { z } from 'zod'
import { type Agent, defineAgent, startAgents } from '../src/index.ts'
import { until } from './agent-features.ts'
import type { MeshGround } from './mesh-ground.ts'

export function healthFeatures (title: string, ground: () => MeshGround): void {
  describe(title, () => {
    test('is ready, is not while all its handlers hang and something waits, and is again when they have ended', async () => {
      const suffix = Math.random().toString(36).slice(2, 8)
      const { promise: held, resolve: release } = Promise.withResolvers<void>()
      const common = { version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'mesh' } as const
      const stander = defineAgent({ ...common, name: `stander-${suffix}`, maxConcurrent: 1, slaP95Ms: 100, capabilities: { [`stand.${suffix}`]: { input: z.number() } } })
      stander.handle(`stand.${suffix}`, async () => {
        await held
        return null
      })
      const asker = defineAgent({ ...common, name: `stander-asker-${suffix}`, dependencies: [`stand.${suffix}`] })
      const healthPort = await freePort()
      const readyz = async (): Promise<{ status: number, problem: string | undefined }> => {
        const response = await fetch(`http://127.0.0.1:${healthPort}/readyz`)
        const { problems } = await response.json() as { problems: Record<string, string> }
        return { status: response.status, problem: problems[stander.name] }
      }
      await Promise.all([stander.start({ ...ground().options, healthPort }), startAgents([asker as Agent], ground().options)])
      try {
        expect(await readyz()).toEqual({ status: 200, problem: undefined })
        const calls = [1, 2].map(number => asker.call(`stand.${suffix}`, number))
        await until(() => stander.health().status === 'degraded', 20_000)
        expect(await readyz()).toEqual({ status: 503, problem: expect.stringContaining('1 handlers run, 1 deliveries wait') })
        const metrics = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text()
        expect(metrics).toContain(`mesh_agent_now{agent="${stander.name}",what="running"`)
        release()
        await Promise.all(calls)
        expect(await readyz()).toEqual({ status: 200, problem: undefined })
      } finally {
        release()
        await Promise.all([stander.stop(), asker.stop()])
      }
      await expect(fetch(`http://127.0.0.1:${healthPort}/readyz`)).rejects.toThrow()
    }, 60_000)
  })
}
