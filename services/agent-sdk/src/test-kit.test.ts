import { afterEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { AgentError, createTestKit, defineAgent, type TestKit } from './index.ts'

const common = { version: '1.0.0', domain: 'sales', role: 'bot', ownerTeam: 'sales' } as const
const Lead = z.object({ leadId: z.string() })

function leadBot () {
  const agent = defineAgent({
    ...common, name: 'lead-bot', dependencies: ['memory_lookup', 'score_changed'],
    capabilities: { analyze_lead: { input: Lead, output: z.object({ intent: z.string(), turns: z.number() }) }, lead_left: { input: Lead } }
  })
  agent.handle('analyze_lead', async (input, mesh) => {
    const past = await mesh.call('memory_lookup', input, { output: z.object({ turns: z.number() }) })
    await mesh.send('score_changed', { leadId: input.leadId, score: past.turns }, { priority: 3 })
    return { intent: 'buy', turns: past.turns }
  })
  agent.handle('lead_left', ({ leadId }) => {
    if (leadId === 'unknown') throw new AgentError('LEAD_UNKNOWN', 'no such lead')
  })
  return agent
}

describe('the test kit', () => {
  let kit: TestKit | undefined
  afterEach(async () => { await kit?.stop() })

  test('gives the output, and what the handler called and sent', async () => {
    kit = createTestKit(leadBot())
    const result = await kit.request('analyze_lead', { leadId: '7' }, { calls: { memory_lookup: () => ({ turns: 4 }) }, priority: 1 })
    expect(result.output).toEqual({ intent: 'buy', turns: 4 })
    expect(result.calls).toMatchObject([{ source: 'lead-bot', capability: 'memory_lookup', input: { leadId: '7' }, priority: 1, parentId: result.dispatchId }])
    expect(result.sends).toMatchObject([{ capability: 'score_changed', input: { leadId: '7', score: 4 }, priority: 3, ttlMs: null }])
  })

  test('a stub sees the input, and its error is what the handler\'s call rejects with', async () => {
    kit = createTestKit(leadBot())
    const asked: unknown[] = []
    const memory_lookup = (input: unknown) => {
      asked.push(input)
      throw new AgentError('MEMORY_DOWN', 'no memory', { retriable: true })
    }
    await expect(kit.request('analyze_lead', { leadId: '7' }, { calls: { memory_lookup } }))
      .rejects.toMatchObject({ code: 'HANDLER_FAILED', retriable: true, message: expect.stringContaining('MEMORY_DOWN of \'memory_lookup\'') })
    expect(asked).toEqual([{ leadId: '7' }])
  })

  test('a call without a stub fails as nobody\'s capability', async () => {
    kit = createTestKit(leadBot())
    await expect(kit.request('analyze_lead', { leadId: '7' })).rejects.toMatchObject({ message: expect.stringContaining('UNKNOWN_CAPABILITY') })
  })

  test('an event resolves when its handler has ended, and rejects with what the handler threw', async () => {
    kit = createTestKit(leadBot())
    expect(await kit.event('lead_left', { leadId: '7' })).toMatchObject({ calls: [], sends: [] })
    await expect(kit.event('lead_left', { leadId: 'unknown' })).rejects.toMatchObject({ code: 'LEAD_UNKNOWN', retriable: false })
    await expect(kit.event('lead_left', {})).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('several agents talk with each other, with the same ids when the same dispatch is handled again', async () => {
    const memory = defineAgent({ ...common, name: 'memory', capabilities: { memory_lookup: { input: Lead, output: z.object({ turns: z.number() }) } } })
    memory.handle('memory_lookup', () => ({ turns: 9 }))
    kit = createTestKit(leadBot(), memory)
    const { output, calls } = await kit.request('analyze_lead', { leadId: '7' })
    expect(output).toEqual({ intent: 'buy', turns: 9 })
    expect(calls).toHaveLength(1)
  })

  test('what is for failure does no harm: progress, a fallback, an event that is tried again', async () => {
    const attempts: number[] = []
    const retry = { attemptsMax: 3, backoffMs: 1, backoffMsMax: 2 }
    const agent = defineAgent({
      ...common, name: 'failing', chainLimits: { depthMax: 3 },
      capabilities: { slow: { input: Lead, output: z.string(), retry, idleTimeoutMs: 1_000, fallback: { reply: 'later' } }, noted: { input: Lead, retry } }
    })
    agent.handle('slow', (_, mesh) => {
      mesh.progress()
      return `attempt ${mesh.attempt}`
    })
    agent.handle('noted', (_, mesh) => {
      attempts.push(mesh.attempt)
      if (attempts.length < 3) throw new AgentError('NOT_YET', 'not yet', { retriable: true })
    })
    kit = createTestKit(agent)
    expect((await kit.request('slow', { leadId: '7' })).output).toBe('attempt 1')
    await kit.event('noted', { leadId: '7' })
    expect(attempts).toEqual([1, 2, 3])
    attempts.length = 0
    await expect(kit.event('noted', { leadId: '8' }).then(() => kit!.event('noted', {}))).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('a call that is given up aborts the signal of its handler', async () => {
    const { promise: reason, resolve: told } = Promise.withResolvers<unknown>()
    const agent = defineAgent({ ...common, name: 'waiter', capabilities: { wait: { input: Lead } } })
    agent.handle('wait', (_, mesh) => new Promise((_resolve, reject) => mesh.signal.addEventListener('abort', () => {
      told(mesh.signal.reason)
      reject(mesh.signal.reason as Error)
    })))
    kit = createTestKit(agent)
    const aborter = new AbortController()
    const asked = kit.request('wait', { leadId: '7' }, { signal: aborter.signal })
    setTimeout(() => aborter.abort(), 10)
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await reason).toMatchObject({ code: 'CANCELLED' })
  })

  test('an agent can be put in another kit afterwards', async () => {
    const agent = leadBot()
    const calls = { memory_lookup: () => ({ turns: 1 }) }
    kit = createTestKit(agent)
    await kit.request('analyze_lead', { leadId: '7' }, { calls })
    await kit.stop()
    kit = createTestKit(agent)
    expect((await kit.request('analyze_lead', { leadId: '8' }, { calls })).output).toEqual({ intent: 'buy', turns: 1 })
  })
})
