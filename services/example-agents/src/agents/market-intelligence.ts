import { defineAgent } from '@mesh/agent-sdk'
import { marketSummaryContract } from '../contracts/homes.ts'
import type { Home } from '../core/home.ts'
import { summariseMarket } from '../core/market.ts'

/** Given while this agent is cut off: that no home is known, which who asks can deal with. */
const nothingKnown = { area: null, beds: null, scope: 'bay', homes: 0, medianRentDollars: null, lowestRentDollars: null, highestRentDollars: null }

/** What homes cost where. */
export const createMarketIntelligence = (inventory: readonly Home[]) => defineAgent({
  name: 'market-intelligence', version: '1.1.0', domain: 'sales', role: 'bot', ownerTeam: 'market',
  capabilities: { market_summary: { ...marketSummaryContract, fallback: { reply: nothingKnown } } },
  maxConcurrent: 64, slaP95Ms: 100, latencyProfileMs: 1, inboxPartitions: 2, answersPartitions: 2
}).handle('market_summary', wanted => summariseMarket(inventory, wanted))
