// Agents on real topics, with the real registry and coordinator as processes.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { freePort } from '@mesh/local-stack'
import { defineAgent, startAgents } from '../src/index.ts'
import { agentFeatures } from './agent-features.ts'
import { badRecordFeatures } from './bad-records.ts'
import { concurrencyFeatures } from './concurrency-features.ts'
import { type MeshGround, startMeshGround } from './mesh-ground.ts'
import { scalingFeatures } from './scaling-features.ts'
import { slowDownFeatures } from './slow-down-features.ts'

let mesh: MeshGround
beforeAll(async () => { mesh = await startMeshGround() }, 60_000)
afterAll(() => mesh.stop(), 30_000)

agentFeatures('an agent on the mesh', agents => startAgents(agents, mesh.options))
badRecordFeatures('records that can\'t be read', () => mesh)
scalingFeatures('instances come and go', () => mesh)
concurrencyFeatures('maxConcurrent', () => mesh)
slowDownFeatures('an agent over its quota', () => mesh)

describe('an agent that can\'t start', () => {
  const agent = defineAgent({ name: 'no-start', version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'mesh' })
  const starting = (change: object): Promise<unknown> => agent.start({ ...mesh.options, waitMs: 300, ...change })

  test('says where it looked for the registry, and can be started again', async () => {
    await expect(starting({ registryUrl: 'http://127.0.0.1:9' })).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', message: expect.stringContaining('http://127.0.0.1:9') })
    expect(agent.health().status).toBe('stopped')
  })

  test('says which topic of the mesh it looked for, and where', async () => {
    await expect(starting({ namespace: 'nothing-here' })).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE', message: expect.stringContaining('nothing-here.dispatch.p0') })
    await expect(starting({ brokers: ['127.0.0.1:9'] })).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE', message: expect.stringContaining('127.0.0.1:9') })
  })

  test('starts when all is there, says so on its health port, and stops', async () => {
    const healthPort = await freePort()
    await agent.start({ ...mesh.options, healthPort })
    expect(agent.health()).toMatchObject({ status: 'ready', problem: undefined })
    expect((await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status).toBe(200)
    await agent.stop()
    expect(agent.health().status).toBe('stopped')
  })
})
