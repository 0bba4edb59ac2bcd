import { defineAgent } from '@mesh/agent-sdk'
import { marketSummaryContract } from '../contracts/homes.ts'
import type { Home } from '../core/home.ts'
import { summariseMarket } from '../core/market.ts'

/** What homes cost where. */
export const createMarketIntelligence = (inventory: readonly Home[]) => defineAgent({
  name: 'market-intelligence', version: '1.1.0', domain: 'sales', role: 'bot', ownerTeam: 'market',
  capabilities: { market_summary: marketSummaryContract },
  maxConcurrent: 64, slaP95Ms: 100, latencyProfileMs: 1, inboxPartitions: 2, answersPartitions: 2
}).handle('market_summary', wanted => summariseMarket(inventory, wanted))
