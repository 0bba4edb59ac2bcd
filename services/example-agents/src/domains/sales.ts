import type { Logger } from '@mesh/runtime'
import { startAgents } from '@mesh/agent-sdk'
import { createBuyerBot } from '../agents/buyer-bot.ts'
import { createLeadBot } from '../agents/lead-bot.ts'
import { createMarketIntelligence } from '../agents/market-intelligence.ts'
import { createSellerBot } from '../agents/seller-bot.ts'
import type { Settings } from '../config.ts'
import { readInventory } from '../inventory.ts'
import { startOptions, stopAll } from './start-options.ts'
import type { RunningDomain } from './running-domain.ts'

export async function startSales (settings: Settings, _logger: Logger): Promise<RunningDomain> {
  const inventory = readInventory()
  const agents = [createLeadBot(), createBuyerBot(inventory), createSellerBot(), createMarketIntelligence(inventory)]
  await startAgents(agents, startOptions(settings))
  return { drain: () => stopAll(agents) }
}
