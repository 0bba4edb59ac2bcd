// A bundle, line by line, held against its checkpoint. Nothing is believed but the key: the checkpoint's signature vouches for the
// statements, the statements for the logs' roots, the roots for the events.
//
// Invariants:
//   B1. What is not proven is a finding; a bundle without one proves every event that it shows, and that none is left out of its time.
//   B2. It is read once, in order; memory holds one span of a log, and the statements' heads.

import type { Hash } from '@mesh/signing/merkle'
import { parseLine, type BundleLine, type Fields } from './bundle-line.ts'
import { coverageOf, type Coverage, type HeadsAt } from './coverage.ts'
import { finding, type Finding, type FindingCode, type FindingFacts } from './finding.ts'
import { parseNote, type SignedNote } from './note.ts'
import { isConsistent } from './proofs.ts'
import { SectionCheck, type SectionFinding, type SectionProblem } from './section-check.ts'
import { headsFrom, instantOf, isoOf, originFrom, statementLog } from './statement.ts'

export type SignatureVerdict = 'good' | 'forged' | 'other-key'

/** A checkpoint that the auditor has from elsewhere. */
export interface KnownCheckpoint {
  readonly name: string
  readonly note: string
  /** Whether it is a finding if the bundle doesn't reach to it; of a whole folder, only the newest is required. */
  readonly isRequired: boolean
}

export interface BundleCheckOptions {
  /** NAME+ID+BASE64; without it the bundle's own key is taken, and proves no more than that the bundle fits itself. */
  readonly key: string | undefined
  readonly known: readonly KnownCheckpoint[]
  /** Undefined where the key is none. */
  verify (note: SignedNote, key: string): SignatureVerdict | undefined
}

export interface BundleReport {
  readonly isWhole: boolean
  readonly origin: string | null
  readonly key: string | null
  readonly from: string | null
  readonly to: string | null
  readonly checkpoint: { readonly size: number, readonly at: string | null } | null
  /** Until when the last checkpoint knows of events; what is later is covered by a later export. */
  readonly coveredTo: string | null
  readonly events: number
  readonly eventsInTime: number
  /** Archived before there was a log: shown, not proven. */
  readonly unsealedEvents: number
  /** Known checkpoints that were held against the bundle, and those it doesn't reach to. */
  readonly checkpointsKnown: number
  readonly checkpointsUnproven: number
  readonly findings: readonly Finding[]
  readonly findingsOmitted: number
}

const findingsMax = 100
const unplacedMax = 1_000

const eventCodes: Readonly<Record<SectionProblem, FindingCode>> = {
  changed: 'EVENT_CHANGED', moved: 'EVENT_MOVED', missing: 'EVENT_MISSING', duplicated: 'EVENT_DUPLICATED', inserted: 'EVENT_INSERTED',
  'leaf-changed': 'LEAF_CHANGED', resealed: 'EVENT_RESEALED', 'tail-missing': 'TAIL_MISSING', uncovered: 'RANGE_NOT_COVERED', misplaced: 'BUNDLE_UNREADABLE'
}

export class BundleCheck {
  readonly #options: BundleCheckOptions
  readonly #findings: Finding[] = []
  #omitted = 0
  #lines = 0
  #head: Extract<BundleLine, { kind: 'bundle' }> | undefined
  #hasEnd = false
  readonly #notes: SignedNote[] = []
  readonly #consistencies: Extract<BundleLine, { kind: 'consistency' }>[] = []
  #section: { readonly log: number, readonly check: SectionCheck } | undefined
  readonly #heads: HeadsAt[] = []
  readonly #gaps: number[] = []
  #lastStatement = -1
  #unsealedBeforeMs: number | null = null
  #coverage: Coverage = { statements: { from: 0, to: 0 }, logs: new Map() }
  #missingLogs = new Set<number>()
  /** By size, where a known checkpoint asks for it. */
  readonly #statementRoots = new Map<number, Hash>()
  readonly #knownSizes: ReadonlySet<number | undefined>
  #hasStatements = false
  readonly #unplaced = new Map<string, { readonly line: number, isTwin: boolean }>()
  #events = 0
  #eventsInTime = 0
  #unsealed = 0
  #unproven = 0

  constructor (options: BundleCheckOptions) {
    this.#options = options
    this.#knownSizes = new Set(options.known.map(({ note }) => parseNote(note)?.checkpoint.size))
  }

  take (text: string): void {
    const number = ++this.#lines
    const line = parseLine(text)
    if (typeof line === 'string') return this.#find('BUNDLE_UNREADABLE', line, { line: number })
    if (this.#hasEnd) return this.#find('BUNDLE_UNREADABLE', 'it stands behind the last line', { line: number })
    if ((line.kind === 'bundle') !== (number === 1)) return this.#find('BUNDLE_UNREADABLE', 'a bundle has one head, in its first line', { line: number })
    this.#takeLine(line, number)
  }

  end (): BundleReport {
    this.#endSection()
    if (!this.#hasEnd) this.#find('BUNDLE_TRUNCATED', `it ends after line ${this.#lines}`, { line: this.#lines })
    for (const log of this.#missingLogs) this.#find('TAIL_MISSING', `log ${log} is not in the bundle`, { log, index: 0 })
    for (const [eventId, { line, isTwin }] of this.#unplaced) {
      if (isTwin) this.#find('EVENT_DUPLICATED', 'it is there again, without a place in a log', { line, eventId })
      else this.#find('EVENT_INSERTED', 'it has no place in a log', { line, eventId })
    }
    const last = this.#last()
    const head = this.#head
    return {
      isWhole: this.#findings.length === 0,
      origin: head?.origin ?? null,
      key: head?.key ?? null,
      from: head === undefined ? null : isoOf(head.fromMs),
      to: head === undefined ? null : isoOf(head.toMs),
      checkpoint: last === undefined ? null : { size: last.checkpoint.size, at: this.#heads.length === 0 ? null : isoOf(this.#heads.at(-1)!.atMs) },
      coveredTo: head === undefined || this.#heads.length === 0 ? null : isoOf(Math.min(head.toMs, this.#heads.at(-1)!.atMs)),
      events: this.#events,
      eventsInTime: this.#eventsInTime,
      unsealedEvents: this.#unsealed,
      checkpointsKnown: this.#options.known.length,
      checkpointsUnproven: this.#unproven,
      findings: this.#findings,
      findingsOmitted: this.#omitted
    }
  }

  #takeLine (line: BundleLine, number: number): void {
    switch (line.kind) {
      case 'bundle':
        this.#head = line
        if (this.#options.key !== undefined && line.key !== this.#options.key) this.#find('KEY_WRONG', `the bundle names ${line.key}, trusted is ${this.#options.key}`, { line: number })
        return
      case 'checkpoint': { this.#takeNote(line.note, { line: number }, 'the checkpoint'); return }
      case 'consistency': { this.#consistencies.push(line); return }
      case 'log': return this.#beginSection(line, number)
      case 'unplaced': return this.#takeUnplaced(line.event, number)
      case 'end':
        this.#hasEnd = true
        if (line.lines !== number - 1) this.#find('BUNDLE_UNREADABLE', `it says ${line.lines} lines, ${number - 1} are there`, { line: number })
        return
      default: return this.#takeItem(line, number)
    }
  }

  #takeNote (text: string, facts: FindingFacts, name: string): SignedNote | undefined {
    const note = parseNote(text)
    if (note === undefined) {
      this.#find('SIGNATURE_INVALID', `${name} is no signed note`, facts)
      return undefined
    }
    const verdict = this.#options.verify(note, this.#options.key ?? this.#head?.key ?? '')
    if (verdict === 'forged') this.#find('SIGNATURE_INVALID', `${name} of size ${note.checkpoint.size} is not what was signed`, facts)
    else if (verdict !== 'good') this.#find('KEY_WRONG', `${name} of size ${note.checkpoint.size} is not signed with the key`, facts)
    else if (note.checkpoint.origin !== this.#head?.origin) this.#find('CHECKPOINT_MISMATCH', `${name} speaks of ${note.checkpoint.origin}, not of ${this.#head?.origin}`, facts)
    if (facts.line !== undefined) {
      const { size, root } = note.checkpoint
      const twin = this.#notes.find(({ checkpoint }) => checkpoint.size === size && checkpoint.root !== root)
      if (twin !== undefined) this.#find('HISTORY_FORKED', `the bundle shows two checkpoints of size ${size}`, facts)
      this.#notes.push(note)
    }
    return verdict === 'good' ? note : undefined
  }

  #last (): SignedNote | undefined {
    return [...this.#notes].sort((a, b) => b.checkpoint.size - a.checkpoint.size)[0]
  }

  #beginSection ({ log, size: said }: Extract<BundleLine, { kind: 'log' }>, line: number): void {
    this.#endSection()
    const last = this.#last()
    if (last === undefined || (log === statementLog) === this.#hasStatements) {
      return this.#find('BUNDLE_UNREADABLE', 'the statements stand before the other logs, and behind the checkpoints, once', { line, log })
    }
    if (log === statementLog) {
      this.#hasStatements = true
      const { size } = last.checkpoint
      if (said !== size) this.#find('CHECKPOINT_MISMATCH', `the bundle shows ${said} statements, the checkpoint commits to ${size}`, { line, log })
      const roots = new Map(this.#notes.map(({ checkpoint: { size, root } }) => [size, root]))
      this.#section = { log, check: new SectionCheck({ size, roots, dense: { from: 0, to: 0 } }) }
      return
    }
    const heads = this.#heads.flatMap(({ heads }) => heads.filter(head => head.log === log))
    const size = heads.at(-1)?.size
    if (size === undefined || !this.#missingLogs.delete(log)) return this.#find('EVENT_INSERTED', `no statement speaks of log ${log}, or it is there twice`, { line, log })
    if (said !== size) this.#find(said < size ? 'TAIL_MISSING' : 'EVENT_INSERTED', `the bundle shows ${said} leaves, ${size} were signed`, { line, log, index: Math.min(said, size) })
    const roots = new Map(heads.map(head => [head.size, head.root]))
    this.#section = { log, check: new SectionCheck({ size, roots, dense: this.#coverage.logs.get(log) ?? { from: 0, to: 0 } }) }
  }

  #takeItem (line: Extract<BundleLine, { kind: 'subtree' | 'block' | 'event' | 'statement' }>, number: number): void {
    const section = this.#section
    if (section === undefined) return this.#find('BUNDLE_UNREADABLE', `no log has begun for this ${line.kind}`, { line: number })
    const { check, log } = section
    if (line.kind === 'subtree') check.subtree(line.node, line.hash, number)
    else if (line.kind === 'block') check.block(line.node, line.hash)
    else if ((line.kind === 'statement') !== (log === statementLog)) this.#find('BUNDLE_UNREADABLE', `log ${log} holds no ${line.kind}`, { line: number })
    else {
      const { index, body, leaf } = line
      const id = typeof body?.event_id === 'string' ? body.event_id : undefined
      check.leaf({ index, body, leaf, id, line: number })
      if (log === statementLog) this.#takeStatement(index, body)
      else if (body !== undefined) this.#takeEvent(body, id)
    }
    if (log === statementLog && this.#knownSizes.has(check.size)) this.#statementRoots.set(check.size, check.root())
  }

  #takeStatement (index: number, body: Fields | undefined): void {
    if (index !== this.#lastStatement + 1) this.#gaps.push(index)
    this.#lastStatement = index
    if (body === undefined) return
    const heads = headsFrom(body)
    if (heads !== undefined) this.#heads.push({ index, ...heads })
    if (index === 0) this.#unsealedBeforeMs = originFrom(body)?.unsealedBeforeMs ?? null
  }

  #takeEvent (event: Fields, id: string | undefined): void {
    this.#events++
    if (this.#isInTime(event)) this.#eventsInTime++
    const unplaced = id === undefined ? undefined : this.#unplaced.get(id)
    if (unplaced !== undefined) unplaced.isTwin = true
  }

  #takeUnplaced (event: Fields, line: number): void {
    const atMs = instantOf(event.at)
    if (this.#unsealedBeforeMs !== null && atMs !== undefined && atMs < this.#unsealedBeforeMs) this.#unsealed++
    else if (this.#unplaced.size < unplacedMax) this.#unplaced.set(String(event.event_id), { line, isTwin: this.#unplaced.has(String(event.event_id)) })
  }

  #isInTime (event: Fields): boolean {
    const atMs = instantOf(event.at)
    return atMs !== undefined && this.#head !== undefined && atMs >= this.#head.fromMs && atMs < this.#head.toMs
  }

  #endSection (): void {
    if (this.#section === undefined) return
    const { log, check } = this.#section
    this.#section = undefined
    check.end()
    if (log === statementLog) return this.#endStatements(check)
    for (const found of check.findings) this.#findIn(log, found, eventCodes[found.problem])
  }

  #endStatements (check: SectionCheck): void {
    for (const found of check.findings) this.#findIn(statementLog, found, statementCode(found.problem))
    const last = this.#last()!
    if (check.findings.length === 0 && check.size === 0) this.#find('CHECKPOINT_MISMATCH', 'the checkpoint commits to no statement', { log: statementLog })
    this.#coverage = coverageOf(this.#heads, this.#head?.fromMs ?? 0, this.#head?.toMs ?? 0)
    const { from, to } = this.#coverage.statements
    const isBroken = this.#gaps.some(index => index > from && index < to) || this.#heads.at(-1)?.index !== last.checkpoint.size - 1
    if (check.findings.length === 0 && isBroken) this.#find('RANGE_NOT_COVERED', 'statements of its time, or the last one, are left out', { log: statementLog })
    this.#missingLogs = new Set((this.#heads.at(-1)?.heads ?? []).map(({ log }) => log))
    this.#compareKnown(last)
  }

  /** What the auditor knows from elsewhere belongs to the same history, or it doesn't. */
  #compareKnown (last: SignedNote): void {
    for (const { name, note: text, isRequired } of this.#options.known) {
      const note = this.#takeNote(text, {}, name)
      if (note === undefined) continue
      const { size, root } = note.checkpoint
      const facts = { log: statementLog, index: size }
      if (size > last.checkpoint.size) {
        this.#find('CHECKPOINT_ROLLED_BACK', `${name} commits to ${size} statements, the bundle's checkpoint to ${last.checkpoint.size}; if the bundle is older, export it again`, facts)
        continue
      }
      const own = size === last.checkpoint.size ? last.checkpoint.root : this.#statementRoots.get(size)
      const proof = this.#consistencies.find(({ before, size: after }) => before === size && after === last.checkpoint.size)
      const growth = { before: size, rootBefore: root, size: last.checkpoint.size, root: last.checkpoint.root }
      const isProven = own === undefined ? proof !== undefined && isConsistent(growth, proof.hashes) : own === root
      if (isProven) continue
      if (own === undefined && proof === undefined) {
        this.#unproven++
        if (isRequired) this.#find('CHECKPOINT_UNPROVEN', `${name} commits to ${size} statements, and the bundle leaves them out`, facts)
      } else this.#find('HISTORY_FORKED', `${name} and the bundle's checkpoint are both signed, and commit to different statements below ${size}`, facts)
    }
  }

  #findIn (log: number, { detail, index, lastIndex, id, line }: SectionFinding, code: FindingCode): void {
    this.#find(code, detail, { log, index, lastIndex, eventId: id, line })
  }

  #find (code: FindingCode, detail: string, facts: FindingFacts = {}): void {
    if (this.#findings.length < findingsMax) this.#findings.push(finding(code, detail, facts))
    else this.#omitted++
  }
}

function statementCode (problem: SectionProblem): FindingCode {
  if (problem === 'resealed') return 'CHECKPOINT_MISMATCH'
  return problem === 'tail-missing' || problem === 'misplaced' ? eventCodes[problem] : 'STATEMENT_WRONG'
}
