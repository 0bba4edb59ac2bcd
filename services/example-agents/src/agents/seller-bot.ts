import { defineAgent } from '@mesh/agent-sdk'
import { appraiseHomeContract, marketSummaryContract } from '../contracts/homes.ts'
import { appraise } from '../core/appraisal.ts'

/** What a person's own home may sell for. */
export const createSellerBot = () => defineAgent({
  name: 'seller-bot', version: '1.0.0', domain: 'sales', role: 'bot', ownerTeam: 'leads',
  capabilities: { appraise_home: appraiseHomeContract },
  dependencies: ['market_summary'],
  maxConcurrent: 64, slaP95Ms: 500, latencyProfileMs: 40, inboxPartitions: 2, answersPartitions: 2
}).handle('appraise_home', async ({ slots: { area, beds } }, mesh) => {
  const wanted = { ...area === undefined ? {} : { area }, ...beds === undefined ? {} : { beds } }
  return appraise(await mesh.call('market_summary', wanted, { output: marketSummaryContract.output }))
})
