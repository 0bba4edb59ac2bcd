// Conversations in PostgreSQL.
//
// Invariants:
//   C1. A turn is kept once: the same dispatch again changes nothing and succeeds.
//   C2. Turns of a conversation follow one another without gaps; one that isn't the next is a conflict.
import type { z } from 'zod'
import { homeIdsMax } from '../contracts/homes.ts'
import type { conversationMemory, memoryAppendContract } from '../contracts/conversation.ts'
import type { Database } from './database.ts'

export type Conversation = z.output<typeof conversationMemory>

export type ConversationTurn = z.output<typeof memoryAppendContract.input> & { readonly workflowId: string, readonly dispatchId: string }

export interface ConversationStore {
  find (workflowId: string): Promise<Conversation | undefined>
  append (turn: ConversationTurn): Promise<'kept' | 'conflict'>
}

export function conversationStore (database: Database): ConversationStore {
  const { schema } = database
  const findText = `SELECT turns, state, offered, offered_ids AS "offeredIds", advisor FROM ${schema}.conversations WHERE workflow_id = $1`
  return {
    find: async workflowId => (await database.query<Conversation>('find-conversation', findText, [workflowId]))[0],
    async append (turn) {
      const moved = await database.query('append-turn', appendText(schema), [
        turn.workflowId, turn.conversationId, turn.turn, JSON.stringify(turn.state), turn.offered === null ? null : JSON.stringify(turn.offered),
        turn.offered?.id ?? null, turn.advisor === null ? null : JSON.stringify(turn.advisor), turn.dispatchId, turn.text, turn.reply, turn.intent
      ])
      if (moved.length > 0) return 'kept'
      const known = await database.query('known-turn', `SELECT 1 FROM ${schema}.turns WHERE dispatch_id = $1`, [turn.dispatchId])
      return known.length > 0 ? 'kept' : 'conflict'
    }
  }
}

// The conversation's row is the gate: it moves from turn n - 1 to turn n, or nothing is written.
const appendText = (schema: string): string => `
WITH moved AS (
  INSERT INTO ${schema}.conversations AS known (workflow_id, conversation_id, turns, state, offered, offered_ids, advisor)
  SELECT $1, $2, $3::int, $4::jsonb, $5::jsonb, CASE WHEN $6::text IS NULL THEN '{}'::text[] ELSE ARRAY[$6::text] END, $7::jsonb
  WHERE $3::int = 1 OR EXISTS (SELECT 1 FROM ${schema}.conversations WHERE workflow_id = $1)
  ON CONFLICT (workflow_id) DO UPDATE SET turns = excluded.turns, state = excluded.state, offered = excluded.offered, advisor = excluded.advisor, updated_at = now(),
    offered_ids = CASE WHEN $6::text IS NULL OR $6::text = ANY (known.offered_ids) THEN known.offered_ids
                  ELSE (known.offered_ids || $6::text)[greatest(1, cardinality(known.offered_ids) + 2 - ${homeIdsMax}):] END
  WHERE known.turns = excluded.turns - 1
  RETURNING turns
)
INSERT INTO ${schema}.turns (workflow_id, turn, dispatch_id, said, reply, intent) SELECT $1, turns, $8, $9, $10, $11 FROM moved RETURNING turn`
