// What the last checkpoint committed to, held against what the database stores now.
//
// H1. Nothing of the database is believed: its hashes must lead to the roots that were signed, or there is a typed refusal.
// H2. What is signed next is made from the history that was verified and from the leaves after it; so it is consistent with the
//     last checkpoint whatever the database says of its own past.

import {
  Frontier, headsFrom, parseCanonical, sha256, statementLog, storedTree, StoredTreeError, type Hash, type Query, type SignedNote
} from '@mesh/evidence'

export interface SignedHistory {
  readonly size: number
  readonly root: Hash
  readonly atMs: number
  /** The right edge of each log, that of the statements among them. */
  readonly edges: ReadonlyMap<number, Frontier>
}

/** Why no checkpoint is signed: the closed list. */
export const refusalCodes = {
  ROLLED_BACK: 'The database holds less than was signed: it was restored from an old copy, or rows were deleted.',
  EDITED: 'What the database holds does not lead to what was signed: leaves, statements or checkpoints were changed.',
  FORKED: 'Two checkpoints of the same size differ: the database or the folder is another archive\'s, or two wrote one history.',
  OTHER_KEY: 'The last checkpoint was signed with another key: give this archiver the key that signed it.'
} as const satisfies Record<string, string>

export class HistoryError extends Error {
  override readonly name = 'HistoryError'
  readonly retriable = false
  readonly code: keyof typeof refusalCodes

  constructor (code: keyof typeof refusalCodes, message: string) {
    super(message)
    this.code = code
  }
}

export const emptyHistory: SignedHistory = { size: 0, root: new Frontier().root(), atMs: 0, edges: new Map([[statementLog, new Frontier()]]) }
const leavesAtOnceMax = 65_536

/** The history that this checkpoint signed, from the hashes that are stored. */
export async function signedHistory ({ checkpoint: { size, root } }: SignedNote, query: Query, schema: string): Promise<SignedHistory> {
  const statements = await edgeAt(query, schema, statementLog, size)
  if (statements.root() !== root) throw new HistoryError('EDITED', `the ${size} statements don't lead to the root that was signed`)
  const { atMs, heads } = await lastHeads(query, schema, size, root)
  const edges = new Map([[statementLog, statements]])
  for (const head of heads) {
    const edge = await edgeAt(query, schema, head.log, head.size)
    if (edge.root() !== head.root) throw new HistoryError('EDITED', `the first ${head.size} leaves of log ${head.log} don't lead to the root that was signed`)
    edges.set(head.log, edge)
  }
  return { size, root, atMs, edges }
}

/** Whether an earlier or later checkpoint belongs to the same history; throws where it doesn't. */
export async function requireConsistent (earlier: { readonly size: number, readonly root: Hash }, query: Query, schema: string): Promise<void> {
  const edge = await edgeAt(query, schema, statementLog, earlier.size)
  if (edge.root() !== earlier.root) throw new HistoryError('FORKED', `the checkpoint of size ${earlier.size} that was published is not of this database's history`)
}

/** The logs' sizes, which may only have grown. */
export async function sizesSince (history: SignedHistory, query: Query, schema: string): Promise<Map<number, number>> {
  const { rows } = await query(`SELECT log, size FROM ${schema}.logs`, [])
  const sizes = new Map(rows.map(row => [Number(row.log), Number(row.size)]))
  for (const [log, { size }] of history.edges) {
    const now = sizes.get(log) ?? 0
    if (now < size) throw new HistoryError('ROLLED_BACK', `log ${log} has ${now} leaves; ${size} were signed`)
  }
  const statements = sizes.get(statementLog) ?? 0
  if (statements !== history.size) throw new HistoryError('EDITED', `there are ${statements} statements; ${history.size} were signed, and nobody else writes them`)
  return sizes
}

/** The history's edges, grown by the leaves that are stored after them. */
export async function grownEdges (history: SignedHistory, sizes: ReadonlyMap<number, number>, query: Query, schema: string): Promise<Map<number, Frontier>> {
  const edges = new Map<number, Frontier>()
  for (const [log, size] of sizes) {
    const tree = storedTree(query, schema, log)
    const edge = (history.edges.get(log) ?? new Frontier()).copy()
    while (edge.size < size) {
      const from = edge.size
      const to = Math.min(size, from + leavesAtOnceMax)
      const leaves = await tree.leaves({ from, to })
      for (let index = from; index < to; index++) {
        const leaf = leaves.get(index)
        if (leaf === undefined) throw new HistoryError('EDITED', `log ${log} lacks leaf ${index}`)
        edge.append(leaf)
      }
    }
    const stored = await tree.state()
    if (stored?.frontier.root() !== edge.root()) throw new HistoryError('EDITED', `the right edge of log ${log} is not that of its leaves`)
    edges.set(log, edge)
  }
  return edges
}

async function edgeAt (query: Query, schema: string, log: number, size: number): Promise<Frontier> {
  try {
    return await storedTree(query, schema, log).frontierAt(size)
  } catch (error) {
    if (error instanceof StoredTreeError) throw new HistoryError('ROLLED_BACK', error.message)
    throw error
  }
}

/** The last statement of a checkpoint says how far each log was. */
async function lastHeads (query: Query, schema: string, size: number, root: Hash): Promise<NonNullable<ReturnType<typeof headsFrom>>> {
  const { rows: [row] } = await query(`SELECT body FROM ${schema}.statements WHERE leaf_index = $1`, [size - 1])
  const body = String(row?.body ?? '')
  const edge = await edgeAt(query, schema, statementLog, size - 1)
  edge.append(sha256.leaf(Buffer.from(body)))
  const heads = edge.root() === root ? headsFrom(parseCanonical(body)) : undefined
  if (heads === undefined) throw new HistoryError('EDITED', `statement ${size - 1} is not the one that was signed`)
  return heads
}
