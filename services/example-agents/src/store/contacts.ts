// The contacts that sales works with, in PostgreSQL.
import type { z } from 'zod'
import type { leadUpdatedContract } from '../contracts/follow-up.ts'
import type { Database } from './database.ts'

export type LeadUpdate = z.output<typeof leadUpdatedContract.input> & { readonly leadId: string, readonly dispatchId: string }

export interface ContactStore {
  /** The same or an older turn of the lead changes nothing that a newer one wrote. */
  upsert (lead: LeadUpdate): Promise<void>
}

const columns = ['name', 'email', 'phone', 'area', 'beds', 'budget_max_dollars', 'goal', 'property_name', 'visit_date', 'score', 'temperature', 'turn', 'dispatch_id'] as const

export function contactStore (database: Database): ContactStore {
  const text = `
INSERT INTO ${database.schema}.contacts AS known (lead_id, conversation_id, advisor_name, ${columns.join(', ')})
VALUES ($1, $2, $3, ${columns.map((_, index) => `$${index + 4}`).join(', ')})
ON CONFLICT (lead_id) DO UPDATE SET ${columns.map(column => `${column} = excluded.${column}`).join(', ')},
  advisor_name = coalesce(excluded.advisor_name, known.advisor_name), updated_at = now()
WHERE known.turn < excluded.turn`
  return {
    async upsert ({ leadId, conversationId, advisorName, contact, slots, goal, score, temperature, turn, dispatchId }) {
      await database.query('upsert-contact', text, [
        leadId, conversationId, advisorName,
        contact.name ?? null, contact.email ?? null, contact.phone ?? null, slots.area ?? null, slots.beds ?? null, slots.budgetMax ?? null, goal,
        slots.propertyName ?? null, slots.visitDate ?? null, score, temperature, turn, dispatchId
      ])
    }
  }
}
