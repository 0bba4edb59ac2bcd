import { defineAgent, type Mesh } from '@mesh/agent-sdk'
import { homesSuggestedMax, marketSummaryContract, suggestHomesContract } from '../contracts/homes.ts'
import type { Home } from '../core/home.ts'
import { searchHomes } from '../core/home-search.ts'
import { orNull } from './or-null.ts'

/** Homes that fit, and how their rent compares. */
export const createBuyerBot = (inventory: readonly Home[]) => defineAgent({
  name: 'buyer-bot', version: '1.1.0', domain: 'sales', role: 'bot', ownerTeam: 'leads',
  capabilities: { suggest_homes: suggestHomesContract },
  dependencies: ['market_summary'],
  maxConcurrent: 64, slaP95Ms: 500, latencyProfileMs: 40, inboxPartitions: 2, answersPartitions: 2
}).handle('suggest_homes', async ({ slots, excludedIds }, mesh) => {
  const { homes, matching, relaxed } = searchHomes(inventory, { slots, excludedIds }, homesSuggestedMax)
  const market = homes[0] === undefined ? null : await marketOf(homes[0], mesh)
  return { homes: [...homes], matching, relaxed: [...relaxed], market }
})

const marketOf = ({ area, beds }: Home, mesh: Mesh) =>
  orNull(mesh, 'market_summary', mesh.call('market_summary', { area, beds }, { output: marketSummaryContract.output }))
