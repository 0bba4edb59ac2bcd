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

  test('says what is wrong with what it says of failure, and nothing of what a reply holds', () => {
    const score = {
      input: z.object({}), output: z.object({ score: z.number() }), idleTimeoutMs: 0, retry: { attemptsMax: 0, backoffMs: 500, backoffMsMax: 100 },
      fallback: { reply: { score: 'secret' } }, chainLimits: { depthMax: 1.5 }
    }
    const problems = definitionProblems({ ...definition, capabilities: { score }, chainLimits: { visitsMax: 0 }, crashesMax: 2 })
    expect(problems).toEqual([
      'crashesMax 2 is not a whole number from 3',
      'capability \'score\': idleTimeoutMs 0 is not a whole number from 1', 'capability \'score\': retry.attemptsMax 0 is not a whole number from 1',
      'capability \'score\': retry.backoffMsMax is less than backoffMs', 'capability \'score\': chainLimits.depthMax 1.5 is not a whole number from 1',
      'capability \'score\': fallback.reply does not fit the output: score: invalid_type', 'chainLimits.visitsMax 0 is not a whole number from 1'
    ])
    expect(problems.join()).not.toContain('secret')
  })

  test.each([
    ['another capability', { capability: 'other' }, []],
    ['a reply that fits', { reply: { score: 1 } }, []],
    ['a typed error', { error: { code: 'SCORING_AWAY', message: 'ask again in a minute' } }, []],
    ['two kinds at once', { capability: 'other', reply: { score: 1 } }, ['fallback is not one of { capability }, { reply } and { error }']],
    ['an error without a message', { error: { code: 'X' } }, ['fallback.error needs a code and a message']]
  ])('may fall back to %s', (_, fallback, problems) => {
    const capabilities = { score: { input: z.object({}), output: z.object({ score: z.number() }), fallback: fallback as never } }
    expect(definitionProblems({ ...definition, capabilities })).toEqual(problems.map(problem => `capability 'score': ${problem}`))
  })

  test('has no fixed reply where nothing says what fits, or where that can\'t be told now', () => {
    const asynchronous = z.object({ score: z.number() }).refine(async () => true)
    const problemsOf = (contract: object): string[] =>
      definitionProblems({ ...definition, capabilities: { score: { input: z.object({}), fallback: { reply: { score: 1 } }, ...contract } } })
    expect(problemsOf({})).toEqual(['capability \'score\': fallback.reply needs an output to be checked against'])
    expect(problemsOf({ output: asynchronous })).toEqual(['capability \'score\': fallback.reply can\'t be checked: the output is checked asynchronously'])
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
