import { defineAgent } from '@mesh/agent-sdk'
import { leadUpdatedContract } from '../contracts/follow-up.ts'
import type { ContactStore } from '../store/contacts.ts'

/** The database may be away for a moment; an event that comes twice changes nothing. */
const retry = { attemptsMax: 5, backoffMs: 200 }

/** Keeps the contacts that sales works with; an older event never overwrites a newer one. */
export const createCrmSync = (contacts: ContactStore) => defineAgent({
  name: 'crm-sync', version: '1.0.0', domain: 'operations', role: 'crm_sync', ownerTeam: 'sales-systems',
  capabilities: { lead_updated: { ...leadUpdatedContract, retry } },
  maxConcurrent: 4, slaP95Ms: 1_000, latencyProfileMs: 3, inboxPartitions: 2, answersPartitions: 2
}).handle('lead_updated', (lead, mesh) => contacts.upsert({ ...lead, leadId: mesh.workflowId, dispatchId: mesh.dispatchId }))
