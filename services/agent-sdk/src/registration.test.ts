import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createLogger } from '@mesh/runtime'
import { z } from 'zod'
import { type RegistryDouble, startRegistryDouble, usualAnswer } from '../test/registry-double.ts'
import type { AgentDefinition } from './definition.ts'
import type { MeshError } from './errors.ts'
import { register } from './registration.ts'

const logger = createLogger({ name: 'test', level: 'silent' })
const definition: AgentDefinition = {
  name: 'intent-decoder', version: '1.0.0', domain: 'conversation', role: 'bot', ownerTeam: 'nlp', dependencies: ['memory_lookup'], handlerMsMax: 1_000, urgentCapabilities: ['memory_lookup'],
  capabilities: {
    analyze_lead: { input: z.object({ leadId: z.string(), turns: z.number().default(3) }), output: z.object({ intent: z.string() }) },
    noted: { input: z.unknown() }
  }
}

describe('registration', () => {
  let registry: RegistryDouble
  beforeEach(async () => { registry = await startRegistryDouble() })
  afterEach(() => registry.stop())
  const registering = (waitMs = 5_000) => register(definition, { registryUrl: `${registry.url}/`, logger, waitMs })
  const refused = (waitMs?: number): Promise<MeshError> => registering(waitMs).then(() => { throw new Error('was taken') }, error => error as MeshError)

  test('says what the agent is, with contracts as JSON Schema and what is left out filled in', async () => {
    expect(await registering()).toEqual({ inboxPartitions: 4, answersPartitions: 8, controlOffset: 3, warnings: usualAnswer.warnings })
    const { name, version, domain, role, ownerTeam, dependencies } = definition
    expect(registry.bodies).toEqual([{
      name, version, domain, role, ownerTeam, dependencies, urgentCapabilities: ['memory_lookup'], maxConcurrent: 10, slaP95Ms: 2_000,
      capabilities: [
        {
          name: 'analyze_lead',
          inputSchema: expect.objectContaining({ type: 'object', required: ['leadId'] }),
          outputSchema: expect.objectContaining({ type: 'object', required: ['intent'] })
        },
        { name: 'noted', inputSchema: expect.any(Object), outputSchema: null }
      ]
    }])
  })

  test('says what is to happen when it fails, with what is left out filled in', async () => {
    const failing: AgentDefinition = {
      ...definition, chainLimits: { workflowHopsMax: 100 }, crashesMax: 4,
      capabilities: {
        score: {
          input: z.unknown(), output: z.object({ score: z.number(), by: z.string().default('rule') }), idleTimeoutMs: 500, retry: { attemptsMax: 3 },
          fallback: { reply: { score: 0 } }, chainLimits: { visitsMax: 2 }
        },
        elsewhere: { input: z.unknown(), retry: { attemptsMax: 2, backoffMs: 20_000, codes: ['MAIL_DOWN'] }, fallback: { capability: 'score' } },
        away: { input: z.unknown(), fallback: { error: { code: 'AWAY', message: 'ask later' } } }
      }
    }
    await register(failing, { registryUrl: registry.url, logger })
    expect(registry.bodies[0]).toMatchObject({ chainLimits: { workflowHopsMax: 100 } })
    expect(registry.bodies[0]).not.toHaveProperty('crashesMax')
    const [score, elsewhere, away] = registry.bodies[0]!.capabilities as Record<string, unknown>[]
    expect(score).toMatchObject({
      retry: { attemptsMax: 3, backoffMs: 100, backoffMsMax: 10_000, codes: [] }, idleTimeoutMs: 500, chainLimits: { visitsMax: 2 },
      fallback: { kind: 'reply', contentType: 'application/json', payload: Buffer.from('{"score":0,"by":"rule"}').toString('base64') }
    })
    expect(elsewhere).toMatchObject({ retry: { attemptsMax: 2, backoffMs: 20_000, backoffMsMax: 20_000, codes: ['MAIL_DOWN'] }, fallback: { kind: 'capability', capability: 'score' } })
    expect(away!.fallback).toEqual({ kind: 'error', code: 'AWAY', message: 'ask later' })
  })

  test('asks again while the registry is not able to answer', async () => {
    registry.instead.push({ status: 503, body: { detail: 'starting' } }, { status: 200, body: 'not json' })
    await registering()
    expect(registry.bodies).toHaveLength(3)
  })

  test('a refusal is final and keeps the registry\'s words', async () => {
    registry.instead.push({ status: 409, body: { code: 'CONTRACT_CHANGED', detail: 'another contract', problems: [{ field: 'capabilities', message: 'analyze_lead differs' }] } })
    const error = await refused()
    expect(error).toMatchObject({ code: 'REGISTRATION_REFUSED', retriable: false })
    expect(error.message).toContain('CONTRACT_CHANGED; another contract; capabilities: analyze_lead differs')
    expect(registry.bodies).toHaveLength(1)
  })

  test('a registry that stays away ends the wait with what to do', async () => {
    await registry.stop()
    const error = await refused(300)
    expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', retriable: true })
    expect(error.message).toMatch(/ECONNREFUSED.*npm start.*MESH_REGISTRY_URL/)
  })
})
