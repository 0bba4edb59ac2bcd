import { AgentError, createTestKit } from '@mesh/agent-sdk'
import { expect, test } from '@jest/globals'
import { newConversation } from '../core/understanding/index.ts'
import { readInventory } from '../inventory.ts'
import { createBuyerBot } from './buyer-bot.ts'
import { createHandoff } from './handoff.ts'
import { createHumanGateway } from './human-gateway.ts'
import { createIntentDecoder } from './intent-decoder.ts'
import { createLeadBot } from './lead-bot.ts'
import { createMarketIntelligence } from './market-intelligence.ts'
import { createOrchestrator } from './orchestrator.ts'
import { createResponsePipeline } from './response-pipeline.ts'
import { createSellerBot } from './seller-bot.ts'

const inventory = readInventory()

test('the intent decoder finds intent and slots, and answers the same again', async () => {
  const kit = createTestKit(createIntentDecoder())
  const ask = async () => (await kit.request('analyze_turn', { text: 'I need a 3 bedroom home in San Jose, dogs too. Mail me: a@b.com', state: newConversation })).output
  const first = await ask()
  expect(first).toMatchObject({ intent: 'find_home', slots: { area: 'San Jose', beds: 3, petsAllowed: true }, contact: { email: 'a@b.com' } })
  expect(await ask()).toEqual(first)
  await kit.stop()
})

test('a text longer than a turn may be is refused by the contract', async () => {
  const kit = createTestKit(createIntentDecoder())
  await expect(kit.request('analyze_turn', { text: 'x'.repeat(4_001), state: newConversation })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  await kit.stop()
})

test('the buyer bot asks the market about the home it suggests', async () => {
  const kit = createTestKit(createBuyerBot(inventory), createMarketIntelligence(inventory))
  const { output, calls } = await kit.request('suggest_homes', { slots: { area: 'Fremont', beds: 2 }, excludedIds: [] })
  expect(calls.map(({ capability, input }) => [capability, input])).toEqual([['market_summary', { area: 'Fremont', beds: 2 }]])
  expect(output).toMatchObject({ homes: expect.arrayContaining([expect.objectContaining({ area: 'Fremont', beds: 2 })]), relaxed: [], market: { beds: 2 } })
  await kit.stop()
})

test('the buyer bot suggests homes also when the market says nothing, and asks nothing when there are none', async () => {
  const kit = createTestKit(createBuyerBot(inventory))
  const away = { market_summary: () => { throw new AgentError('AWAY', 'not now') } }
  expect((await kit.request('suggest_homes', { slots: { area: 'Fremont', beds: 2 }, excludedIds: [] }, { calls: away })).output).toMatchObject({ market: null, matching: 2 })
  const none = await kit.request('suggest_homes', { slots: { beds: 9 }, excludedIds: [] })
  expect(none.calls).toEqual([])
  expect(none.output).toEqual({ homes: [], matching: 0, relaxed: [], market: null })
  await kit.stop()
})

test('the seller bot appraises from the market, and fails when there is none', async () => {
  const kit = createTestKit(createSellerBot(), createMarketIntelligence(inventory))
  const { output } = await kit.request('appraise_home', { slots: { area: 'San Jose', beds: 2 } })
  expect(output).toMatchObject({ comparableHomes: expect.any(Number), estimateDollars: expect.any(Number) })
  await kit.stop()
  const alone = createTestKit(createSellerBot())
  await expect(alone.request('appraise_home', { slots: {} })).rejects.toMatchObject({ code: 'HANDLER_FAILED' })
  await alone.stop()
})

test('the hand-off gives one reference to one conversation', async () => {
  const kit = createTestKit(createHandoff())
  const ask = async (workflowId: string) => (await kit.request('hand_off', { reason: 'asked', slots: { area: 'Fremont' }, contact: {} }, { workflowId })).output as { reference: string }
  const first = await ask('w1')
  expect(first).toMatchObject({ name: 'Priya Natarajan', reference: expect.stringMatching(/^H-[0-9A-F]{8}$/) })
  expect(await ask('w1')).toEqual(first)
  expect((await ask('w2')).reference).not.toBe(first.reference)
  await kit.stop()
})

test('the lead bot scores', async () => {
  const kit = createTestKit(createLeadBot())
  const lead = { intent: 'talk_to_human', goal: 'none', slots: { area: 'Fremont' }, contact: {}, turns: 1 }
  expect((await kit.request('score_lead', lead)).output).toMatchObject({ score: 30, temperature: 'warm' })
  await kit.stop()
})

test('every agent has a name of its own and offers what no other offers', () => {
  const agents = [createHumanGateway(), createOrchestrator(), createIntentDecoder(), createResponsePipeline(), createHandoff(),
    createLeadBot(), createBuyerBot(inventory), createSellerBot(), createMarketIntelligence(inventory)]
  expect(new Set(agents.map(({ name }) => name)).size).toBe(agents.length)
})
