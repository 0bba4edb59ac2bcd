// A bundle, from the archive's tables, as lines: what is in the time with its places, and the hashes of all that lies outside.
//
// E1. One snapshot: the caller's transaction is repeatable read. It writes nothing and judges nothing; what is wrong in the tables is
//     shown as it is, and found by the check.
// E2. Memory is bounded: a page of leaves at a time, and the places of at most `stragglersMax` events that were archived late.

import { canonicalJson, parseCanonical, type Json } from './core/canonical.ts'
import { bundleFormat } from './core/bundle-line.ts'
import { beginOf, coverOf } from './core/cover.ts'
import { clockSkewMs, coverageOf, type HeadsAt } from './core/coverage.ts'
import { base64Of, parseNote } from './core/note.ts'
import { consistencyRuns, type Run } from './core/proofs.ts'
import { sealedEventOf, type SealedEvent } from './core/row.ts'
import { headsFrom, isoOf, statementLog } from './core/statement.ts'
import { mergedRuns } from './core/runs.ts'
import { runLeavesMax, storedLevels, storedTree, StoredTreeError, type Query, type StoredTree } from './stored-tree.ts'

export interface ExportOptions {
  readonly query: Query
  readonly schema: string
  readonly fromMs: number
  readonly toMs: number
  /** Sizes of checkpoints that the bundle shall prove to be of its history. */
  readonly prove: readonly number[]
  onProgress? (done: number, of: number): void
}

export type ExportCode = 'NOTHING_SIGNED' | 'TOO_SCATTERED'

export class ExportError extends Error {
  override readonly name = 'ExportError'
  readonly retriable = false
  readonly code: ExportCode

  constructor (code: ExportCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Leaves read at once; a multiple of what a block holds. */
const pageLeaves = 2_048
const stragglersMax = 1_000_000
const unplacedMax = 100_000

interface Head { readonly size: number, readonly note: string, readonly key: string }

export interface WrittenLine {
  readonly kind: string
  readonly text: string
}

export async function* bundleLines (options: ExportOptions): AsyncGenerator<WrittenLine> {
  let lines = 0
  for await (const line of linesOf(options)) {
    lines++
    yield { kind: line.kind, text: canonicalJson(line) }
  }
  yield { kind: 'end', text: canonicalJson({ kind: 'end', lines }) }
}

type Line = { readonly kind: string, readonly [field: string]: Json }

async function* linesOf (options: ExportOptions): AsyncGenerator<Line> {
  const { query, schema, fromMs, toMs } = options
  const last = await lastCheckpoint(options)
  const origin = parseNote(last.note)?.checkpoint.origin ?? ''
  yield { kind: 'bundle', format: bundleFormat, origin, key: last.key, from: isoOf(fromMs), to: isoOf(toMs) }
  yield { kind: 'checkpoint', note: last.note }
  const tree = storedTree(query, schema, statementLog)
  for (const before of options.prove) {
    const hashes = before < last.size ? await tree.hashesOf(consistencyRuns(before, last.size)).catch(nothingStored) : undefined
    if (hashes !== undefined) yield { kind: 'consistency', before, size: last.size, hashes: hashes.map(base64Of) }
  }
  const wanted = await wantedStatements(options, last)
  const heads: HeadsAt[] = []
  yield { kind: 'log', log: statementLog, size: last.size }
  for await (const item of section(tree, last.size, wanted, run => statements(options, tree, run, heads))) yield item
  yield* unplaced(options)
  const { logs } = coverageOf(heads, fromMs, toMs)
  const all = []
  for (const { log, size } of heads.at(-1)?.heads ?? []) all.push({ log, size, runs: await wantedLeaves(options, log, size, logs.get(log)) })
  const total = all.flatMap(({ runs }) => runs).reduce((sum, { from, to }) => sum + to - from, 0)
  let done = 0
  for (const { log, size, runs } of all) {
    const tree = storedTree(query, schema, log)
    yield { kind: 'log', log, size }
    const page = async function* (run: Run): AsyncGenerator<Line> {
      yield* events(options, tree, log, run)
      options.onProgress?.(done += run.to - run.from, total)
    }
    yield* section(tree, size, runs, page)
  }
}

async function lastCheckpoint ({ query, schema }: ExportOptions): Promise<Head> {
  const { rows: [row] } = await query(`SELECT size, note, key FROM ${schema}.checkpoints ORDER BY size DESC LIMIT 1`, [])
  if (row === undefined) throw new ExportError('NOTHING_SIGNED', 'the archive has no checkpoint yet')
  return { size: Number(row.size), note: String(row.note), key: String(row.key) }
}

/** The first, those of the time, and the last. */
async function wantedStatements ({ query, schema, fromMs, toMs }: ExportOptions, { size }: Head): Promise<Run[]> {
  const { rows: [before] } = await query(`SELECT max(size) AS size FROM ${schema}.checkpoints WHERE at <= $1`, [new Date(fromMs - clockSkewMs)])
  const { rows: [after] } = await query(`SELECT min(size) AS size FROM ${schema}.checkpoints WHERE at >= $1`, [new Date(toMs + clockSkewMs)])
  const from = Math.max(0, Number(before?.size ?? 1) - 1)
  return mergedRuns([{ from: 0, to: 1 }, { from, to: Number(after?.size ?? size) }, { from: size - 1, to: size }])
}

/** What was archived in the time, and what is of that time and was archived later or earlier. */
async function wantedLeaves (options: ExportOptions, log: number, size: number, covered: Run = { from: size, to: size }): Promise<Run[]> {
  const { query, schema, fromMs, toMs } = options
  const { rows } = await query(
    `SELECT leaf_index FROM ${schema}.events WHERE at >= $1 AND at < $2 AND log = $3 AND leaf_index < $4 AND (leaf_index < $5 OR leaf_index >= $6) ORDER BY leaf_index LIMIT ${stragglersMax + 1}`,
    [new Date(fromMs), new Date(toMs), log, size, covered.from, covered.to])
  if (rows.length > stragglersMax) throw new ExportError('TOO_SCATTERED', `more than ${stragglersMax} events of that time were archived at another time: export a longer time, or a shorter one`)
  return mergedRuns([covered, ...rows.map(row => ({ from: Number(row.leaf_index), to: Number(row.leaf_index) + 1 }))])
}

/** The wanted leaves, page by page, and between them the roots of what is left out. */
async function* section (tree: StoredTree, size: number, wanted: readonly Run[], page: (run: Run) => AsyncGenerator<Line>): AsyncGenerator<Line> {
  let next = 0
  for (const run of [...wanted, { from: size, to: size }]) {
    for (const node of coverOf(next, run.from)) {
      const hash = await tree.subtree(node).catch(nothingStored)
      if (hash !== undefined) yield { kind: 'subtree', level: node.level, position: node.position, hash: base64Of(hash) }
    }
    for (next = run.from; next < run.to;) {
      const to = Math.min(run.to, (Math.floor(next / pageLeaves) + 1) * pageLeaves)
      yield* page({ from: next, to })
      next = to
    }
    next = run.to
  }
}

async function* statements ({ query, schema }: ExportOptions, tree: StoredTree, run: Run, heads: HeadsAt[]): AsyncGenerator<Line> {
  const leaves = await tree.leaves(run)
  const { rows } = await query(`SELECT leaf_index, body FROM ${schema}.statements WHERE leaf_index >= $1 AND leaf_index < $2 ORDER BY leaf_index`, [run.from, run.to])
  const bodies = new Map(rows.map(row => [Number(row.leaf_index), bodyOf(row.body)]))
  for (let index = run.from; index < run.to; index++) {
    const body = bodies.get(index)
    const leaf = leaves.get(index)
    if (body === undefined && leaf === undefined) continue
    const found = body === undefined ? undefined : headsFrom(body)
    if (found !== undefined) heads.push({ index, ...found })
    yield { kind: 'statement', index, ...body === undefined ? {} : { body }, ...leaf === undefined ? {} : { leaf: base64Of(leaf) } }
  }
}

async function* events ({ query, schema }: ExportOptions, tree: StoredTree, log: number, run: Run): AsyncGenerator<Line> {
  const leaves = await tree.leaves(run)
  const { rows, fields } = await query(`SELECT * FROM ${schema}.events WHERE log = $1 AND leaf_index >= $2 AND leaf_index < $3 ORDER BY leaf_index`, [log, run.from, run.to])
  const bodies = Map.groupBy(rows, row => Number(row.leaf_index))
  for (let index = run.from; index < run.to; index++) {
    const leaf = leaves.get(index)
    const shown = leaf === undefined ? {} : { leaf: base64Of(leaf) }
    const found: readonly (SealedEvent | undefined)[] = bodies.get(index)?.map(row => sealedEventOf(fields, row)) ?? (leaf === undefined ? [] : [undefined])
    for (const body of found) yield { kind: 'event', index, ...body === undefined ? {} : { body }, ...shown }
    if ((index + 1) % runLeavesMax !== 0) continue
    const node = { level: storedLevels, position: (index + 1) / runLeavesMax - 1 }
    const hash = beginOf(node) >= run.from ? await tree.storedSubtree(node) : undefined
    if (hash !== undefined) yield { kind: 'block', ...node, hash: base64Of(hash) }
  }
}

/** What is not there is left out of the bundle, for the check to find. */
function nothingStored (error: unknown): undefined {
  if (!(error instanceof StoredTreeError)) throw error
}

function bodyOf (text: unknown): Json | undefined {
  try {
    return parseCanonical(String(text))
  } catch {
    return undefined
  }
}

/** Events of the time without a place, or with one that no log has given away. */
async function* unplaced ({ query, schema, fromMs, toMs }: ExportOptions): AsyncGenerator<Line> {
  const { rows, fields } = await query(
    `SELECT e.* FROM ${schema}.events e LEFT JOIN ${schema}.logs l ON l.log = e.log
     WHERE e.at >= $1 AND e.at < $2 AND (e.leaf_index IS NULL OR l.log IS NULL OR e.leaf_index < 0 OR e.leaf_index >= l.size) ORDER BY e.at LIMIT ${unplacedMax}`,
    [new Date(fromMs), new Date(toMs)])
  for (const row of rows) yield { kind: 'unplaced', event: sealedEventOf(fields, row) }
}
