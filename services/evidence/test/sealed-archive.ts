// An archive in memory, for tests: events get places, checkpoints are signed, bundles are written. As the archiver and the export do it,
// with another store.

import { levelsOf, sha256, type Hash } from '@mesh/signing/merkle'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { canonicalJson, type Json } from '../src/core/canonical.ts'
import { coverOf, leavesOf } from '../src/core/cover.ts'
import { coverageOf, type HeadsAt } from '../src/core/coverage.ts'
import { Frontier } from '../src/core/frontier.ts'
import { base64Of } from '../src/core/note.ts'
import { consistencyRuns, type Run } from '../src/core/proofs.ts'
import { mergedRuns } from '../src/core/runs.ts'
import { headsFrom, headsStatement, isoOf, originStatement, statementLog } from '../src/core/statement.ts'
import { keyText, noteKey, signedNote, type NoteKey } from '../src/note-key.ts'

export type Line = { readonly kind: string } & Record<string, Json>
type Body = Record<string, Json>

export const baseMs = Date.UTC(2026, 10, 1)
export const minuteMs = 60_000

export interface Owner { readonly key: NoteKey, readonly privateKey: KeyObject }

export function newOwner (name = 'mesh/audit'): Owner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { key: noteKey(name, Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')), privateKey }
}

export const leafOf = (body: Json): Hash => sha256.leaf(Buffer.from(canonicalJson(body)))
export const eventAt = (id: string, minute: number, more: Body = {}): Body => ({ event_id: id, at: isoOf(baseMs + minute * minuteMs), decision: 'delivered', target: 'memory', ...more })

export class SealedArchive {
  readonly owner: Owner
  readonly logs = new Map<number, Body[]>([[statementLog, []]])
  readonly notes: { readonly size: number, readonly text: string }[] = []

  constructor (owner = newOwner(), unsealedBeforeMs: number | null = null) {
    this.owner = owner
    this.#add(statementLog, originStatement({ atMs: baseMs - 999 * minuteMs, unsealedEvents: 0, unsealedBeforeMs }) as Body)
  }

  get keyText (): string { return keyText(this.owner.key) }

  archive (log: number, ...events: Body[]): this {
    for (const event of events) this.#add(log, event)
    return this
  }

  checkpoint (minute: number): this {
    const heads = [...this.logs].filter(([log]) => log !== statementLog).map(([log, bodies]) => ({ log, size: bodies.length, root: this.#root(log) }))
    this.#add(statementLog, headsStatement({ atMs: baseMs + minute * minuteMs, heads }) as Body)
    const size = this.logs.get(statementLog)!.length
    this.notes.push({ size, text: signedNote({ origin: this.owner.key.name, size, root: this.#root(statementLog) }, this.owner.key, this.owner.privateKey) })
    return this
  }

  bundle (fromMinute: number, toMinute: number, prove: readonly number[] = []): Line[] {
    const fromMs = baseMs + fromMinute * minuteMs
    const toMs = baseMs + toMinute * minuteMs
    const statements = this.logs.get(statementLog)!
    const heads = statements.flatMap((body, index): HeadsAt[] => {
      const found = headsFrom(body)
      return found === undefined ? [] : [{ index, ...found }]
    })
    const { statements: covered, logs } = coverageOf(heads, fromMs, toMs)
    const size = statements.length
    const lines: Line[] = [
      { kind: 'bundle', format: 'mesh.audit-bundle.v1', origin: this.owner.key.name, key: this.keyText, from: isoOf(fromMs), to: isoOf(toMs) },
      { kind: 'checkpoint', note: this.notes.at(-1)!.text },
      ...prove.map(before => ({ kind: 'consistency', before, size, hashes: consistencyRuns(before, size).map(run => base64Of(this.#runRoot(statementLog, run))) })),
      ...this.#section(statementLog, size, mergedRuns([{ from: 0, to: 1 }, covered, { from: size - 1, to: size }]))
    ]
    for (const { log, size: signed } of heads.at(-1)!.heads) {
      const places = this.logs.get(log)!.slice(0, signed).map((body, index) => ({ from: index, to: index + 1, atMs: Date.parse(String(body.at)) }))
      const late = places.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      lines.push(...this.#section(log, signed, mergedRuns([logs.get(log)!, ...late])))
    }
    return [...lines, { kind: 'end', lines: lines.length }]
  }

  #add (log: number, body: Body): void {
    const bodies = this.logs.get(log) ?? []
    this.logs.set(log, bodies)
    bodies.push(body)
  }

  #root (log: number): Hash {
    const frontier = new Frontier()
    for (const body of this.logs.get(log)!) frontier.append(leafOf(body))
    return frontier.root()
  }

  #runRoot (log: number, { from, to }: Run): Hash {
    return levelsOf(this.logs.get(log)!.slice(from, to).map(leafOf), sha256).at(-1)![0]!
  }

  #section (log: number, size: number, wanted: readonly Run[]): Line[] {
    const lines: Line[] = [{ kind: 'log', log, size }]
    const bodies = this.logs.get(log)!
    const node = (kind: string, level: number, position: number): Line =>
      ({ kind, level, position, hash: base64Of(this.#runRoot(log, { from: position * leavesOf(level), to: (position + 1) * leavesOf(level) })) })
    let next = 0
    for (const { from, to } of [...wanted, { from: size, to: size }]) {
      lines.push(...coverOf(next, from).map(({ level, position }) => node('subtree', level, position)))
      for (let index = from; index < to; index++) {
        const body = bodies[index]!
        lines.push({ kind: log === statementLog ? 'statement' : 'event', index, body, leaf: base64Of(leafOf(body)) })
        if ((index + 1) % 256 === 0 && index - 255 >= from) lines.push(node('block', 8, (index + 1) / 256 - 1))
      }
      next = to
    }
    return lines
  }
}
