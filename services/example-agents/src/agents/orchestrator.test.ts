import { AgentError, createTestKit } from '@mesh/agent-sdk'
import { afterEach, describe, expect, test } from '@jest/globals'
import { newConversation, understand } from '../core/understanding/index.ts'
import { createOrchestrator } from './orchestrator.ts'

const home = {
  id: 'home-1', name: 'Alder Gardens', address: '12 Grove Street', area: 'Fremont', beds: 2, baths: 1, rentDollars: 2_450,
  petsAllowed: true, furnished: false, inUnitLaundry: false, phone: '510-555-0101'
}
const advisor = { name: 'Ada Jung', phone: '510-555-0199', reference: 'H-1', waitMinutes: 5 }

/** The other agents, as far as these tests need them. */
const others = {
  memory_lookup: (): unknown => ({ turns: 0, state: newConversation, offered: null, offeredIds: [], advisor: null }),
  analyze_turn: (input: unknown): unknown => {
    const { text, state } = input as { text: string, state: typeof newConversation }
    return { contact: {}, ...understand(text, state) }
  },
  score_lead: (): unknown => ({ score: 40, temperature: 'warm', reasons: [] }),
  suggest_homes: (): unknown => ({ homes: [home], matching: 1, relaxed: [], market: null }),
  appraise_home: (): unknown => ({ estimateDollars: 600_000, lowDollars: 500_000, highDollars: 700_000, comparableHomes: 3 }),
  hand_off: (): unknown => advisor,
  compose_reply: (): unknown => ({ reply: 'Here you are.', offered: home }),
  memory_append: (): unknown => ({ turns: 1 }),
  lead_updated: (): unknown => undefined,
  turn_answered: (): unknown => undefined
}

let kit: ReturnType<typeof createTestKit>
afterEach(() => kit.stop())
function say (text: string, given: Partial<typeof others> = {}) {
  kit = createTestKit(createOrchestrator())
  return kit.request('converse', { conversationId: 'c1', text }, { priority: 0, calls: { ...others, ...given } })
}
const names = (recorded: readonly { capability: string }[]) => recorded.map(({ capability }) => capability)

describe('a turn', () => {
  test('is looked up, understood, scored, worded, remembered and only then told of', async () => {
    const { output, calls, sends } = await say('I need a 2 bedroom apartment in Fremont under $2500')
    expect(names(calls)).toEqual(['memory_lookup', 'analyze_turn', 'score_lead', 'suggest_homes', 'compose_reply', 'memory_append'])
    expect(calls.map(({ priority }) => priority)).toEqual([0, 0, 0, 0, 0, 0])
    expect(sends.map(({ capability, priority }) => [capability, priority])).toEqual([['lead_updated', 3], ['turn_answered', 3]])
    expect(calls[5]!.input).toMatchObject({ turn: 1, reply: 'Here you are.', offered: { id: 'home-1' } })
    expect(output).toEqual({
      turn: 1, reply: 'Here you are.', intent: 'find_home', goal: 'find_home', slots: { area: 'Fremont', beds: 2, budgetMax: 2_500 }, temperature: 'warm', handedOff: false
    })
  })

  test('of somebody who sells asks for an appraisal instead of homes', async () => {
    const { calls } = await say('I want to sell my house in Fremont')
    expect(names(calls)).toEqual(['memory_lookup', 'analyze_turn', 'score_lead', 'appraise_home', 'compose_reply', 'memory_append'])
  })

  test('of somebody who asks for a person hands over, and the next one does not again', async () => {
    const first = await say('Can I talk to a human agent please?')
    expect(names(first.calls)).toEqual(['memory_lookup', 'analyze_turn', 'score_lead', 'hand_off', 'compose_reply', 'memory_append'])
    expect(first.output).toMatchObject({ handedOff: true })
    expect(first.sends[0]!.input).toMatchObject({ advisorName: 'Ada Jung' })
    await kit.stop()
    const known = { turns: 1, state: newConversation, offered: null, offeredIds: [], advisor }
    const second = await say('Can I talk to a human agent please?', { memory_lookup: () => known })
    expect(names(second.calls)).not.toContain('hand_off')
    expect(second.calls.at(-1)!.input).toMatchObject({ turn: 2, advisor: { name: 'Ada Jung' } })
  })

  test('goes on without score and homes when they can\'t be had', async () => {
    const away = () => { throw new AgentError('AWAY', 'not now', { retriable: true }) }
    const { output, calls, sends } = await say('I need a 2 bedroom apartment in Fremont', { score_lead: away, suggest_homes: away })
    expect(calls.find(({ capability }) => capability === 'compose_reply')!.input).toMatchObject({ suggestion: null })
    expect(sends[0]!.input).toMatchObject({ score: null, temperature: null })
    expect(output).toMatchObject({ temperature: null, reply: 'Here you are.' })
  })

  test('that can\'t be remembered is not answered and not told of', async () => {
    const conflict = () => { throw new AgentError('TURN_CONFLICT', 'turn 1 is not the next', { retriable: true }) }
    await expect(say('Hello', { memory_append: conflict })).rejects.toMatchObject({ code: 'TURN_CONFLICT', retriable: true })
    kit = createTestKit(createOrchestrator())
  })
})
