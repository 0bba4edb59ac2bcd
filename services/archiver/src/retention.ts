// Retention: days that are older than what is kept are dropped, whole.
//
// R1. One archiver at a time, by an advisory lock; another one passes by.
// R2. Only while every change up to now is archived: a hold that was asked for must not be overtaken. Looked at again before each day.
// R3. Readers are not locked out: the day is detached concurrently, then it is nobody's, then it is dropped. What was begun is in
//     `dropped_days`, so it is ended (or, if it is held by now, taken back) by whoever comes next. A table that somebody else has
//     detached is not touched.
// R4. What it held is written down in the transaction that drops it.

import type { Logger } from '@mesh/runtime'
import { setTimeout as pause } from 'node:timers/promises'
import type { Connections, PoolClient } from './connections.ts'
import { dayRange, partitionName } from './core/days.ts'
import { daysToDrop, holdsIn, isHeld, type Hold } from './core/retention.ts'

export interface RetentionOptions {
  /** Of the archive's owner. */
  readonly connections: Connections
  readonly schema: string
  readonly keptDays: number
  nowMs (): number
  /** Whether every change of control state up to now is archived. */
  isCaughtUp (): Promise<boolean>
}

export interface RetentionPass {
  readonly dropped: readonly { readonly day: string, readonly events: number }[]
  readonly held: readonly string[]
}

export interface Retention { problem (): string | undefined, close (): Promise<void> }

const lockId = 7_241_303
const passMs = 10 * 60_000
/** Where it failed, where another one did it, or where changes are still to be archived. */
const retryMs = 15_000

export function startRetention (options: RetentionOptions, onPass: (pass: RetentionPass) => void, logger: Logger): Retention {
  const stopping = new AbortController()
  const { signal } = stopping
  let problem: string | undefined
  const running = (async () => {
    while (!signal.aborted) {
      let isDone = false
      problem = await retentionPass(options).then(pass => {
        isDone = pass !== undefined
        if (pass !== undefined) onPass(pass)
        for (const { day, events } of pass?.dropped ?? []) logger.info({ day, events }, 'a day is older than what is kept: dropped')
        return undefined
      }, (error: Error) => {
        logger.warn({ reason: error.message }, 'retention: tried again')
        return error.message
      })
      await pause(isDone ? passMs : retryMs, undefined, { signal }).catch(() => undefined)
    }
  })()
  return {
    problem: () => problem,
    async close () {
      stopping.abort()
      await running
    }
  }
}

/** Undefined where another archiver does it, or where what is asked for is not known yet. */
export async function retentionPass (options: RetentionOptions): Promise<RetentionPass | undefined> {
  const { connections, schema, keptDays } = options
  if (!await options.isCaughtUp()) return undefined
  return connections.use(async client => {
    const { rows } = await client.query('SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken', [lockId, schema])
    if (rows[0]?.taken !== true) return undefined
    const dropped: { day: string, events: number }[] = []
    for (const day of await begunDays(client, schema)) {
      if (isHeld(day, await holds(client, schema))) await takeBack(client, schema, day)
      else dropped.push({ day, events: await detachAndDrop(client, schema, day) })
    }
    const plan = daysToDrop(await attachedDays(client, schema), await holds(client, schema), keptDays, options.nowMs())
    for (const day of plan.drop) {
      if (isHeld(day, await holds(client, schema))) continue
      await client.query(`INSERT INTO ${schema}.dropped_days (day) VALUES ($1)`, [day])
      dropped.push({ day, events: await detachAndDrop(client, schema, day) })
    }
    await client.query('SELECT pg_advisory_unlock($1, hashtext($2))', [lockId, schema])
    return { dropped, held: plan.held }
  })
}

async function holds (client: PoolClient, schema: string): Promise<Hold[]> {
  const { rows } = await client.query(`SELECT DISTINCT ON (entity) entity, after FROM ${schema}.changes WHERE entity LIKE 'hold/%' ORDER BY entity, at DESC, change_id DESC`)
  return holdsIn(rows)
}

async function begunDays (client: PoolClient, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ day: string }>(`SELECT DISTINCT day::text AS day FROM ${schema}.dropped_days WHERE dropped_at IS NULL ORDER BY day`)
  return rows.map(({ day }) => day)
}

interface Child { readonly name: string, readonly isPending: boolean }

async function children (client: PoolClient, schema: string): Promise<Child[]> {
  const { rows } = await client.query(
    'SELECT relname AS name, inhdetachpending AS "isPending" FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = $1::regclass', [`${schema}.events`])
  return rows as Child[]
}

async function attachedDays (client: PoolClient, schema: string): Promise<string[]> {
  const names = (await children(client, schema)).map(({ name }) => /^events_(\d{4})(\d\d)(\d\d)$/.exec(name))
  return names.filter(match => match !== null).map(([, year, month, day]) => `${year}-${month}-${day}`)
}

async function detachAndDrop (client: PoolClient, schema: string, day: string): Promise<number> {
  const name = partitionName(day)
  const child = (await children(client, schema)).find(each => each.name === name)
  if (child !== undefined) await client.query(`ALTER TABLE ${schema}.events DETACH PARTITION ${schema}.${name} ${child.isPending ? 'FINALIZE' : 'CONCURRENTLY'}`)
  await client.query('BEGIN')
  const { rows } = await client.query<{ events: string }>(
    `WITH positions AS (SELECT ingress_topic, ingress_partition, count(*) AS events, min(ingress_offset) AS first, max(ingress_offset) AS last, min(at) AS first_at, max(at) AS last_at
       FROM ${schema}.${name} GROUP BY ingress_topic, ingress_partition)
     UPDATE ${schema}.dropped_days SET dropped_at = now(), (events, first_at, last_at, positions) = (SELECT coalesce(sum(events), 0), min(first_at), max(last_at),
       coalesce(jsonb_agg(jsonb_build_object('topic', ingress_topic, 'partition', ingress_partition, 'events', events, 'firstOffset', first, 'lastOffset', last)), '[]') FROM positions)
     WHERE day = $1 AND dropped_at IS NULL RETURNING events`, [day])
  await client.query(`DROP TABLE ${schema}.${name}`)
  await client.query('COMMIT')
  return Number(rows[0]?.events ?? 0)
}

async function takeBack (client: PoolClient, schema: string, day: string): Promise<void> {
  const name = partitionName(day)
  const child = (await children(client, schema)).find(each => each.name === name)
  if (child?.isPending === true) await client.query(`ALTER TABLE ${schema}.events DETACH PARTITION ${schema}.${name} FINALIZE`)
  const { from, to } = dayRange(day)
  await client.query('BEGIN')
  if (child === undefined || child.isPending) await client.query(`ALTER TABLE ${schema}.events ATTACH PARTITION ${schema}.${name} FOR VALUES FROM ('${from}') TO ('${to}')`)
  await client.query(`DELETE FROM ${schema}.dropped_days WHERE day = $1 AND dropped_at IS NULL`, [day])
  await client.query('COMMIT')
}
