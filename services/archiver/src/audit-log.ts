// The Merkle logs in PostgreSQL: their leaves are written in the transaction that writes what they are leaves of.
//
// G1. A log's row is locked before a place in it is given away, and moved in the same transaction: no place is given twice, none is left out.
// G2. Leaves, roots of whole subtrees and the right edge are written together; nothing of a log is ever changed but its row in `logs`.

import { Frontier, type Hash } from '@mesh/evidence/log'
import { runLeavesMax, storedLevels } from '@mesh/evidence'
import type { PoolClient } from './connections.ts'

export interface LockedLog {
  readonly log: number
  readonly size: number
  readonly frontier: Frontier
}

export async function lockedLog (client: PoolClient, schema: string, log: number): Promise<LockedLog> {
  const select = `SELECT size, frontier FROM ${schema}.logs WHERE log = $1 FOR UPDATE`
  let { rows: [row] } = await client.query<{ size: string, frontier: Buffer }>(select, [log])
  if (row === undefined) {
    await client.query(`INSERT INTO ${schema}.logs (log, size, frontier) VALUES ($1, 0, '') ON CONFLICT DO NOTHING`, [log])
    row = (await client.query<{ size: string, frontier: Buffer }>(select, [log])).rows[0]!
  }
  const size = Number(row.size)
  return { log, size, frontier: Frontier.fromBytes(size, row.frontier) }
}

/** Moves the log's right edge, too; answers the edge after the last leaf. */
export async function appendLeaves (client: PoolClient, schema: string, { log, size, frontier }: LockedLog, leaves: readonly Hash[]): Promise<Frontier> {
  const edge = frontier.copy()
  const nodes: { level: number, position: number, hash: Hash }[] = []
  for (const leaf of leaves) {
    edge.append(leaf, 0, (node, hash) => { if (node.level > 0 && node.level % storedLevels === 0) nodes.push({ ...node, hash }) })
  }
  const runs = runsOf(size, leaves)
  await client.query(
    `WITH runs AS (INSERT INTO ${schema}.leaf_runs (log, first_index, hashes) SELECT $1, r.first_index, r.hashes FROM unnest($2::bigint[], $3::bytea[]) AS r (first_index, hashes)),
     nodes AS (INSERT INTO ${schema}.subtrees (log, level, position, hash) SELECT $1, n.level, n.position, n.hash FROM unnest($4::integer[], $5::bigint[], $6::bytea[]) AS n (level, position, hash))
     UPDATE ${schema}.logs SET size = $7, frontier = $8 WHERE log = $1`,
    [log, runs.map(({ first }) => first), runs.map(({ hashes }) => bytesOf(hashes)), nodes.map(({ level }) => level), nodes.map(({ position }) => position),
      nodes.map(({ hash }) => bytesOf([hash])), edge.size, edge.toBytes()])
  return edge
}

function runsOf (size: number, leaves: readonly Hash[]): { readonly first: number, readonly hashes: readonly Hash[] }[] {
  const runs = []
  for (let from = 0; from < leaves.length;) {
    const to = Math.min(leaves.length, from + runLeavesMax - (size + from) % runLeavesMax)
    runs.push({ first: size + from, hashes: leaves.slice(from, to) })
    from = to
  }
  return runs
}

const bytesOf = (hashes: readonly Hash[]): Buffer => Buffer.from(hashes.join(''), 'latin1')
