// The daily partitions of `events`, made before they are needed.
//
// Y1. They are made in a transaction of their own: attaching one while the same transaction writes rows could deadlock.
// Y2. An advisory lock (in the function) makes two archivers that need the same day make it once.
// Y3. Making one needs an owner's rights; a function of the owner's does it, and nothing else, so that the archiver needs none.
// Y4. What is known to exist is remembered; `forget` after the database said otherwise (somebody removed a day).

import type { Connections, PoolClient } from './connections.ts'

export interface DayPartitions {
  ensure (days: readonly string[]): Promise<void>
  forget (): void
}

export function dayPartitions (connections: Connections, schema: string): DayPartitions {
  const knownDays = new Set<string>()
  return {
    async ensure (days) {
      const missing = days.filter(day => !knownDays.has(day))
      if (missing.length === 0) return
      await connections.use(client => makePartitions(client, schema, missing))
      for (const day of missing) knownDays.add(day)
    },
    forget: () => knownDays.clear()
  }
}

async function makePartitions (client: PoolClient, schema: string, days: readonly string[]): Promise<void> {
  await client.query('BEGIN')
  await client.query(`SELECT ${schema}.make_day(day) FROM unnest($1::date[]) AS day`, [days])
  await client.query('COMMIT')
}
