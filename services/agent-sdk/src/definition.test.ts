import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { defineAgent } from './agent.ts'
import { type AgentDefinition, definitionProblems } from './definition.ts'

const definition: AgentDefinition = {
  name: 'lead-bot', version: '1.0.0', domain: 'sales', role: 'bot', ownerTeam: 'sales', capabilities: { score: { input: z.object({}) } }, dependencies: ['memory_lookup']
}

describe('a definition', () => {
  test('that holds together has no problems', () => expect(definitionProblems(definition)).toEqual([]))

  test('shows all its problems at once', () => {
    const problems = definitionProblems({
      ...definition, name: 'Lead_Bot', ownerTeam: '', maxConcurrent: 0, slaP95Ms: 1.5, dependencies: ['score'], capabilities: { score: { input: {} as never } }
    })
    expect(problems).toEqual([
      expect.stringContaining('Lead_Bot'), 'ownerTeam is missing', 'maxConcurrent 0 is not a whole number from 1', 'slaP95Ms 1.5 is not a whole number from 1',
      'capability \'score\' has no zod schema as input', 'capability \'score\' is its own dependency'
    ])
  })

  test('may ask as P0 only for what it may ask for at all', () => {
    expect(definitionProblems({ ...definition, urgentCapabilities: ['memory_lookup'] })).toEqual([])
    expect(definitionProblems({ ...definition, urgentCapabilities: ['converse'] })).toEqual(['urgent capability \'converse\' is not among its dependencies'])
  })

  test('with problems makes no agent', () => expect(() => defineAgent({ ...definition, version: '' })).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' })))
})

describe('an agent that is not started', () => {
  test('takes one handler for each of its capabilities', () => {
    const agent = defineAgent(definition).handle('score', () => null)
    expect(() => agent.handle('score', () => null)).toThrow(/'score' has a handler already/)
    expect(() => agent.handle('other' as never, () => null)).toThrow(/'other' is not among its capabilities/)
  })

  test('neither calls nor sends', async () => {
    const agent = defineAgent(definition)
    await expect(agent.call('memory_lookup', {})).rejects.toMatchObject({ code: 'NOT_STARTED', capability: 'memory_lookup' })
    await expect(agent.send('memory_lookup', {})).rejects.toMatchObject({ code: 'NOT_STARTED' })
  })

  test('can be asked for its health, and stopped', async () => {
    const agent = defineAgent(definition)
    expect(agent.health()).toMatchObject({ status: 'stopped', running: 0, queued: 0, pendingCalls: 0 })
    await agent.stop()
  })

  test('says all that is missing when started with nothing set', async () => {
    const agent = defineAgent(definition)
    const kept = { ...process.env }
    for (const name of ['MESH_KAFKA_BROKERS', 'MESH_SCHEMA_REGISTRY_URL', 'MESH_REGISTRY_URL']) delete process.env[name]
    try {
      await expect(agent.start()).rejects.toMatchObject({
        code: 'CONFIG_INVALID', message: expect.stringMatching(/MESH_KAFKA_BROKERS[^]*MESH_SCHEMA_REGISTRY_URL[^]*MESH_REGISTRY_URL/)
      })
      expect(agent.health().status).toBe('stopped')
    } finally {
      Object.assign(process.env, kept)
    }
  })
})
