// Checkpoints in PostgreSQL: made from what was verified, one holder at a time.
//
// C1. One archiver at a time: an advisory lock, and behind it a snapshot. Two that sign at once would write the same row of `logs`
//     and the same key of `checkpoints`, and one of them fails.
// C2. What is signed extends the last checkpoint, or nothing is signed: see signed-history.ts. The last one is the newest of what
//     the table has, of what was published outside the database, and of what this process remembers.
// C3. A note leaves the process only after its transaction: nobody sees a checkpoint that the database does not have.

import type { KeyObject } from 'node:crypto'
import type { Frontier } from '@mesh/evidence'
import {
  canonicalJson, checkSignature, headsStatement, keyText, originStatement, parseNote,
  sha256, signedNote, statementLog, type Json, type NoteKey, type Query, type SignedNote
} from '@mesh/evidence'
import { appendLeaves, lockedLog } from './audit-log.ts'
import type { Connections, PoolClient } from './connections.ts'
import { emptyHistory, grownEdges, HistoryError, requireConsistent, signedHistory, sizesSince, type refusalCodes, type SignedHistory } from './signed-history.ts'

export interface CheckpointKey {
  readonly key: NoteKey
  readonly privateKey: KeyObject
}

export interface PendingLeaves {
  /** Since the last checkpoint. */
  readonly leaves: number
  readonly ageMs: number
}

export type SignOutcome =
  | { readonly outcome: 'signed', readonly size: number, readonly leaves: number }
  | { readonly outcome: 'not-due' | 'busy' }
  | { readonly outcome: 'refused', readonly code: keyof typeof refusalCodes, readonly detail: string }

export interface StoredCheckpoint {
  readonly size: number
  readonly atMs: number
  readonly note: string
}

export interface CheckpointsOptions {
  readonly connections: Connections
  readonly schema: string
  readonly origin: string
  readonly key: CheckpointKey
  nowMs (): number
  /** What else is to be signed now; each a statement of its own. */
  statements? (client: PoolClient): Promise<readonly Json[]>
}

export interface Checkpoints {
  /** `outside` is the newest checkpoint that was published. */
  sign (outside: SignedNote | undefined, isDue: (pending: PendingLeaves) => boolean): Promise<SignOutcome>
  /** Of more statements than so many, the smallest first. */
  after (size: number): Promise<StoredCheckpoint[]>
}

const checkpointLockId = 7_241_302
const notesAtOnceMax = 1_000

export function openCheckpoints (options: CheckpointsOptions): Checkpoints {
  const { connections, schema } = options
  let known: SignedHistory | undefined

  async function signLocked (client: PoolClient, outside: SignedNote | undefined, isDue: (pending: PendingLeaves) => boolean): Promise<SignOutcome> {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    try {
      const query: Query = (text, values) => client.query(text, [...values])
      const history = await lastHistory(query, outside, known, options)
      const sizes = await sizesSince(history, query, schema)
      known = history
      const leaves = [...sizes.values()].reduce((sum, size) => sum + size, 0) - [...history.edges.values()].reduce((sum, { size }) => sum + size, 0)
      const pending = { leaves, ageMs: options.nowMs() - history.atMs }
      const others = await options.statements?.(client) ?? []
      // The first one says how the history begins, so it doesn't wait for events.
      if (history.size > 0 && others.length === 0 && (leaves === 0 || !isDue(pending))) {
        await client.query('ROLLBACK')
        return { outcome: 'not-due' }
      }
      const edges = await grownEdges(history, sizes, query, schema)
      const signed = await write(client, history, edges, others, options)
      await client.query('COMMIT')
      known = signed
      return { outcome: 'signed', size: signed.size, leaves }
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error
      await client.query('ROLLBACK')
      return { outcome: 'refused', code: error.code, detail: error.message }
    }
  }

  return {
    sign: (outside, isDue) => connections.use(async client => {
      const lock = [checkpointLockId, schema]
      const { rows: [row] } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1, hashtext($2)) AS locked', lock)
      if (row?.locked !== true) return { outcome: 'busy' }
      // Where this throws, the connection is closed, and the lock gone with it.
      const outcome = await signLocked(client, outside, isDue)
      await client.query('SELECT pg_advisory_unlock($1, hashtext($2))', lock)
      return outcome
    }),
    after: size => connections.use(async client => {
      const { rows } = await client.query<{ size: string, at: Date, note: string }>(
        `SELECT size, at, note FROM ${schema}.checkpoints WHERE size > $1 ORDER BY size LIMIT ${notesAtOnceMax}`, [size])
      return rows.map(row => ({ size: Number(row.size), atMs: row.at.getTime(), note: row.note }))
    })
  }
}

type Known = SignedHistory | undefined

async function lastHistory (query: Query, outside: SignedNote | undefined, known: Known, { schema, key: { key } }: CheckpointsOptions): Promise<SignedHistory> {
  const { rows: [row] } = await query(`SELECT note FROM ${schema}.checkpoints ORDER BY size DESC LIMIT 1`, [])
  const last = row === undefined ? undefined : trustedNote(String(row.note), key)
  const size = last?.checkpoint.size ?? 0
  for (const earlier of [outside?.checkpoint, known]) {
    if (earlier === undefined || earlier.size === 0) continue
    if (earlier.size > size) throw new HistoryError('ROLLED_BACK', `the newest checkpoint in the database is of size ${size}; one of size ${earlier.size} was published`)
    if (earlier.size === size && earlier.root !== last?.checkpoint.root) throw new HistoryError('FORKED', `two checkpoints of size ${size} differ`)
  }
  if (last === undefined) return emptyHistory
  if (known?.size === size) return known
  for (const earlier of [outside?.checkpoint, known]) if (earlier !== undefined) await requireConsistent(earlier, query, schema)
  return signedHistory(last, query, schema)
}

/** A note that this archiver's key signed. */
export function trustedNote (text: string, key: NoteKey): SignedNote {
  const note = parseNote(text)
  if (note === undefined) throw new HistoryError('EDITED', 'the last checkpoint is no signed note')
  const verdict = checkSignature(note, key)
  if (verdict === 'other-key') throw new HistoryError('OTHER_KEY', `it was signed by ${note.signatures.map(({ name, keyId }) => `${name}+${keyId.toString('hex')}`).join(', ')}`)
  if (verdict === 'forged') throw new HistoryError('EDITED', `the checkpoint of size ${note.checkpoint.size} is not what was signed`)
  return note
}

type Edges = ReadonlyMap<number, Frontier>

async function write (client: PoolClient, history: SignedHistory, edges: Edges, others: readonly Json[], options: CheckpointsOptions): Promise<SignedHistory> {
  const { schema, origin, key } = options
  const atMs = Math.max(options.nowMs(), history.atMs)
  const heads = [...edges].filter(([log]) => log !== statementLog).map(([log, edge]) => ({ log, size: edge.size, root: edge.root() }))
  const bodies = [...history.size === 0 ? [await originOf(client, schema, atMs)] : [], ...others, headsStatement({ atMs, heads })].map(canonicalJson)
  const log = await lockedLog(client, schema, statementLog)
  const statements = await appendLeaves(client, schema, log, bodies.map(body => sha256.leaf(Buffer.from(body))))
  const places = bodies.map((_, i) => history.size + i)
  await client.query(`INSERT INTO ${schema}.statements (leaf_index, body) SELECT * FROM unnest($1::bigint[], $2::text[])`, [places, bodies])
  const checkpoint = { origin, size: statements.size, root: statements.root() }
  await client.query(`INSERT INTO ${schema}.checkpoints (size, at, note, key) VALUES ($1, $2, $3, $4)`,
    [checkpoint.size, new Date(atMs), signedNote(checkpoint, key.key, key.privateKey), keyText(key.key)])
  return { size: checkpoint.size, root: checkpoint.root, atMs, edges: new Map([...edges, [statementLog, statements]]) }
}

async function originOf (client: PoolClient, schema: string, atMs: number): Promise<Json> {
  const { rows: [row] } = await client.query<{ count: string, newest: Date | null }>(`SELECT count(*), max(at) AS newest FROM ${schema}.events WHERE leaf_index IS NULL`)
  const newest = row?.newest ?? null
  return originStatement({ atMs, unsealedEvents: Number(row?.count ?? 0), unsealedBeforeMs: newest === null ? null : newest.getTime() + 1 })
}
