// Turns by day, intent and area, in PostgreSQL. A turn is counted once: by the id of the event that told of it.
import type { Database } from './database.ts'

export interface CountedTurn {
  readonly dispatchId: string
  readonly intent: string
  /** Empty where no area is known. */
  readonly area: string
}

export interface TurnReport {
  turns: number
  byIntent: { name: string, turns: number }[]
  byArea: { name: string, turns: number }[]
}

export interface TurnCountStore {
  count (turn: CountedTurn): Promise<void>
  report (days: number): Promise<TurnReport>
}

const rowsMax = 100

export function turnCountStore (database: Database): TurnCountStore {
  const { schema } = database
  const countText = `
WITH fresh AS (INSERT INTO ${schema}.counted_turns (dispatch_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1)
INSERT INTO ${schema}.turn_counts AS known (day, intent, area, turns) SELECT current_date, $2, $3, 1 FROM fresh
ON CONFLICT (day, intent, area) DO UPDATE SET turns = known.turns + 1`
  const by = async (column: 'intent' | 'area', days: number) => {
    const text = `SELECT ${column} AS name, sum(turns)::int AS turns FROM ${schema}.turn_counts WHERE day > current_date - $1::int GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${rowsMax}`
    return database.query<{ name: string, turns: number }>(`report-${column}`, text, [days])
  }
  return {
    async count ({ dispatchId, intent, area }) {
      await database.query('count-turn', countText, [dispatchId, intent, area])
    },
    async report (days) {
      const [byIntent, byArea] = await Promise.all([by('intent', days), by('area', days)])
      return { turns: byIntent.reduce((sum, { turns }) => sum + turns, 0), byIntent, byArea }
    }
  }
}
