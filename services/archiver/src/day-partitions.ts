// The daily partitions of `events`, made before they are needed.
//
// Y1. They are made in a transaction of their own: attaching one while the same transaction writes rows could deadlock.
// Y2. An advisory lock makes two archivers that need the same day make it once.
// Y3. What is known to exist is remembered; `forget` after the database said otherwise (somebody removed a day).

import type { Connections, PoolClient } from './connections.ts'
import { dayRange, partitionName } from './core/days.ts'

export interface DayPartitions {
  ensure (days: readonly string[]): Promise<void>
  forget (): void
}

const partitionLockId = 7_241_301

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
  await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [partitionLockId, schema])
  for (const day of days) {
    const partition = `${schema}.${partitionName(day)}`
    const { rows } = await client.query('SELECT to_regclass($1) AS found', [partition])
    if (rows[0]?.found !== null) continue
    const { from, to } = dayRange(day)
    // Made alone, then attached: that blocks neither readers nor writers of the other days.
    await client.query(`CREATE TABLE ${partition} (LIKE ${schema}.events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`)
    await client.query(`ALTER TABLE ${schema}.events ATTACH PARTITION ${partition} FOR VALUES FROM ('${from}') TO ('${to}')`)
  }
  await client.query('COMMIT')
}
