import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { baseMs, eventAt, leafOf, minuteMs, newOwner, SealedArchive, type Line } from '../test/sealed-archive.ts'
import { canonicalJson, type Json } from './core/canonical.ts'
import type { BundleReport, KnownCheckpoint } from './core/bundle-check.ts'
import { findingCodes, type FindingCode } from './core/finding.ts'
import { base64Of, checkpointText, noteOf } from './core/note.ts'
import { isoOf } from './core/statement.ts'
import { verifyLines, type VerifyOptions } from './verify.ts'

const owner = newOwner()
/** Two logs; every ten minutes ten events in log 0 and three in log 1, and a checkpoint after them. */
function archiveOf (checkpoints: number, changed: Record<string, Json> = {}): SealedArchive {
  const archive = new SealedArchive(owner)
  for (let c = 0; c < checkpoints; c++) {
    for (let i = 0; i < 10; i++) archive.archive(0, eventAt(`a${10 * c + i}`, 10 * c + i * 0.9, 10 * c + i === 27 ? changed : {}))
    for (let i = 0; i < 3; i++) archive.archive(1, eventAt(`b${3 * c + i}`, 10 * c + i))
    archive.checkpoint(10 * c + 9.5)
  }
  return archive
}
const archive = archiveOf(8)
const whole = archive.bundle(20, 40)
const texts = (lines: readonly Line[]): string[] => lines.map(canonicalJson)
const numbered = (lines: readonly Line[]): Line[] => [...lines.filter(({ kind }) => kind !== 'end'), { kind: 'end', lines: lines.filter(({ kind }) => kind !== 'end').length }]
const check = (lines: readonly Line[], options: Partial<VerifyOptions> = {}): Promise<BundleReport> =>
  verifyLines(texts(lines), { key: archive.keyText, known: [], ...options })
const known = (note: string, isRequired = true): KnownCheckpoint => ({ name: 'theirs', note, isRequired })
const codesOf = ({ findings }: BundleReport): FindingCode[] => findings.map(({ code }) => code)

const event = (lines: readonly Line[], id: string): number => lines.findIndex(({ body }) => (body as { event_id?: string } | undefined)?.event_id === id)
const changedAt = (lines: readonly Line[], at: number, change: (line: Line) => Line): Line[] => lines.map((line, i) => i === at ? change(line) : line)
const withBody = (line: Line, changes: Record<string, Json>): Line => ({ ...line, body: { ...line.body as Record<string, Json>, ...changes } })
const resealed = (line: Line): Line => ({ ...line, leaf: base64Of(leafOf(line.body!)) })
const without = (line: Line, field: string): Line => Object.fromEntries(Object.entries(line).filter(([name]) => name !== field)) as Line

describe('a bundle', () => {
  test('as it was exported is whole, and says what it proves', async () => {
    expect(await check(whole)).toEqual({
      isWhole: true, origin: 'mesh/audit', key: archive.keyText, from: isoOf(baseMs + 20 * minuteMs), to: isoOf(baseMs + 40 * minuteMs), checkpoint: { size: 9, at: isoOf(baseMs + 79.5 * minuteMs) },
      coveredTo: isoOf(baseMs + 40 * minuteMs), events: 52, eventsInTime: 26, unsealedEvents: 0,
      checkpointsKnown: 0, checkpointsUnproven: 0, findings: [], findingsOmitted: 0
    })
  })

  test('of all time, of the beginning, of the end and of one late event are whole', async () => {
    const late = archiveOf(8).archive(1, eventAt('late', 25)).checkpoint(90)
    for (const [from, to] of [[0, 80], [0, 1], [79, 80], [-100, 500], [24, 26]] as const) expect((await check(late.bundle(from, to))).findings).toEqual([])
    const report = await check(late.bundle(24, 26))
    expect(report.eventsInTime).toBe(3)
  })

  test('property: of any time and any number of checkpoints is whole, and shows each event of its time', () => fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: 12 }), fc.integer({ min: -20, max: 140 }), fc.integer({ min: 1, max: 150 }), async (checkpoints, from, minutes) => {
      const some = archiveOf(checkpoints)
      const report = await check(some.bundle(from, from + minutes))
      expect(report.findings).toEqual([])
      const events = [...some.logs].filter(([log]) => log >= 0).flatMap(([, ofLog]) => ofLog)
      const inTime = events.filter(({ at }) => String(at) >= report.from! && String(at) < report.to!)
      expect(report.eventsInTime).toBe(inTime.length)
    })))

  test('that ends beyond its last checkpoint says how far it reaches', async () =>
    expect(await check(archive.bundle(70, 500)))
      .toMatchObject({ isWhole: true, to: isoOf(baseMs + 500 * minuteMs), coveredTo: isoOf(baseMs + 79.5 * minuteMs) }))

  test('shows events from before the log, and says that nothing proves them', async () => {
    const old = new SealedArchive(owner, baseMs).archive(0, eventAt('a', 1)).checkpoint(2)
    const unplaced = (minute: number): Line => ({ kind: 'unplaced', event: eventAt(`old${minute}`, minute) })
    const lines = old.bundle(-10, 2)
    expect(await check(numbered(lines.toSpliced(-2, 0, unplaced(-5))))).toMatchObject({ isWhole: true, unsealedEvents: 1 })
    expect(codesOf(await check(numbered(lines.toSpliced(-2, 0, unplaced(0)))))).toEqual(['EVENT_INSERTED'])
  })

  test('is checked without a key, too, by the one that it brings along', async () => {
    expect((await check(whole, { key: undefined })).isWhole).toBe(true)
    expect(codesOf(await check(changedAt(whole, 0, line => ({ ...line, key: 'none' })), { key: undefined }))).toEqual(['KEY_WRONG'])
  })
})

const at = event(whole, 'a27')
const index = Number(whole[at]!.index)
const noteAt = whole.findIndex(({ kind }) => kind === 'checkpoint')
const changedWhole = archiveOf(8, { target: 'somebody-else' })
const place = { log: 0, index, lastIndex: index, eventId: 'a27' }
const otherRoot = Buffer.alloc(32, 1).toString('latin1')

// What was done to it, the code that names it, what else is said, and the bundle.
const tamperings: [what: string, code: FindingCode, facts: object, lines: Line[]][] = [
  ['a changed field', 'EVENT_CHANGED', place, changedAt(whole, at, line => withBody(line, { target: 'somebody-else' }))],
  ['a field put in', 'EVENT_CHANGED', place, changedAt(whole, at, line => withBody(line, { reason: '' }))],
  ['a field taken out', 'EVENT_CHANGED', place, changedAt(whole, at, line => ({ ...line, body: without(line.body as Line, 'target') }))],
  ['a deleted row', 'EVENT_MISSING', { ...place, eventId: null }, changedAt(whole, at, line => without(line, 'body'))],
  ['a deleted line', 'EVENT_MISSING', { ...place, eventId: null }, numbered(whole.toSpliced(at, 1))],
  ['a row and its leaf deleted', 'EVENT_MISSING', { ...place, eventId: null }, changedAt(whole, at, line => without(without(line, 'leaf'), 'body'))],
  ['an inserted row', 'EVENT_INSERTED', { eventId: 'forged' }, numbered(whole.toSpliced(at, 0, { kind: 'unplaced', event: eventAt('forged', 25) }))],
  ['a row inserted at a place of its own', 'EVENT_DUPLICATED', { ...place, eventId: 'forged' }, numbered(whole.toSpliced(at + 1, 0, resealed(withBody(whole[at]!, { event_id: 'forged' }))))],
  ['a row inserted behind the end', 'EVENT_INSERTED', { log: 1, eventId: 'forged' }, numbered(whole.toSpliced(-1, 0, resealed({ kind: 'event', index: 24, body: eventAt('forged', 25) })))],
  ['a log that nobody signed', 'EVENT_INSERTED', { log: 2 }, numbered(whole.toSpliced(-1, 0, { kind: 'log', log: 2, size: 1 }))],
  ['swapped rows', 'EVENT_MOVED', { ...place, eventId: 'a28' }, whole.map((line, i) => i === at ? { ...line, body: whole[at + 1]!.body! } : i === at + 1 ? { ...line, body: whole[at]!.body! } : line)],
  ['swapped lines', 'EVENT_MISSING', { ...place, eventId: null }, whole.with(at, whole[at + 1]!).with(at + 1, whole[at]!)],
  ['a duplicated row', 'EVENT_DUPLICATED', place, numbered(whole.toSpliced(at, 0, whole[at]!))],
  ['a row duplicated over another', 'EVENT_DUPLICATED', { ...place, eventId: 'a26' }, changedAt(whole, at, line => ({ ...line, body: whole[at - 1]!.body! }))],
  ['a row duplicated without a place', 'EVENT_DUPLICATED', { eventId: 'a27' }, numbered(whole.toSpliced(event(whole, 'a20'), 0, { kind: 'unplaced', event: whole[at]!.body! }))],
  ['a truncated tail of a log', 'TAIL_MISSING', { log: 1 }, numbered(whole.slice(0, -3))],
  ['a truncated log', 'TAIL_MISSING', { log: 1, index: 0 }, numbered(whole.slice(0, whole.findIndex(({ kind, log }) => kind === 'log' && log === 1)))],
  ['a truncated file', 'TAIL_MISSING', { log: 0, index: index + 1 }, whole.slice(0, at + 1)],
  ['a bundle without its last line', 'BUNDLE_TRUNCATED', {}, whole.slice(0, -1)],
  ['a replaced checkpoint', 'CHECKPOINT_MISMATCH', { log: -1 }, changedAt(archiveOf(7).bundle(20, 40), noteAt, () => whole[noteAt]!)],
  ['a checkpoint replaced by a shorter history\'s', 'CHECKPOINT_MISMATCH', { log: -1 }, changedAt(whole, noteAt, () => archiveOf(7).bundle(20, 40)[noteAt]!)],
  ['a checkpoint replaced by another history\'s', 'CHECKPOINT_MISMATCH', { log: -1 }, changedAt(whole, noteAt, () => changedWhole.bundle(20, 40)[noteAt]!)],
  ['a checkpoint of another archive of the same owner', 'CHECKPOINT_MISMATCH', {}, changedAt(whole, 0, line => ({ ...line, origin: 'mesh/other' }))],
  ['a checkpoint changed', 'SIGNATURE_INVALID', { line: noteAt + 1 }, changedAt(whole, noteAt, line => ({ ...line, note: String(line.note).replace('\n9\n', '\n8\n') }))],
  ['a forged signature', 'SIGNATURE_INVALID', { line: noteAt + 1 }, changedAt(whole, noteAt, line => ({ ...line, note: noteOf(checkpointText({ origin: 'mesh/audit', size: 9, root: otherRoot }), { ...owner.key, signature: Buffer.alloc(64, 1) }) }))],
  ['a checkpoint that is no note', 'SIGNATURE_INVALID', { line: noteAt + 1 }, changedAt(whole, noteAt, line => ({ ...line, note: 'none' }))],
  ['a wrong key', 'KEY_WRONG', { line: 1 }, new SealedArchive(newOwner()).archive(0, eventAt('a', 1)).checkpoint(2).bundle(0, 3)],
  ['two checkpoints of one size', 'HISTORY_FORKED', {}, numbered(whole.toSpliced(noteAt, 0, changedWhole.bundle(20, 40)[noteAt]!))],
  ['a changed event with recomputed leaf', 'EVENT_RESEALED', { log: 0, index: 20, lastIndex: 29 }, changedAt(whole, at, line => resealed(withBody(line, { target: 'somebody-else' })))],
  ['a leaf changed', 'LEAF_CHANGED', place, changedAt(whole, at, line => ({ ...line, leaf: base64Of(otherRoot) }))],
  ['a leaf deleted', 'LEAF_CHANGED', place, changedAt(whole, at, line => without(line, 'leaf'))],
  ['a log that says to be shorter', 'TAIL_MISSING', { log: 0, index: 79 }, whole.map(line => line.kind === 'log' && line.log === 0 ? { ...line, size: 79 } : line)],
  ['a log that says to be longer', 'EVENT_INSERTED', { log: 0, index: 80 }, whole.map(line => line.kind === 'log' && line.log === 0 ? { ...line, size: 81 } : line)],
  ['a statement changed', 'STATEMENT_WRONG', { log: -1, index: 4 }, whole.map(line => line.kind === 'statement' && line.index === 4 ? withBody(line, { at: isoOf(baseMs) }) : line)],
  ['a statement and its leaf changed', 'CHECKPOINT_MISMATCH', { log: -1 }, whole.map(line => line.kind === 'statement' && line.index === 4 ? resealed(withBody(line, { at: isoOf(baseMs) })) : line)],
  ['a statement deleted', 'STATEMENT_WRONG', { log: -1, index: 4 }, numbered(whole.filter(line => !(line.kind === 'statement' && line.index === 4)))],
  ['a subtree changed', 'EVENT_RESEALED', { log: 0 }, changedAt(whole, whole.findIndex(({ kind, level }) => kind === 'subtree' && level === 3), line => ({ ...line, hash: base64Of(otherRoot) }))]
]

describe('a tampered bundle', () => {
  test.each(tamperings)('is caught and named: %s', async (_what, code, facts, lines) => {
    const { isWhole, findings: [first] } = await check(lines)
    expect(isWhole).toBe(false)
    expect(first).toMatchObject({ code, ...facts })
  })

  test('property: no line behind the head can be changed, taken out, doubled or exchanged without a finding', () => fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: whole.length - 1 }), fc.constantFrom('leave', 'double', 'exchange', 'bend'), async (where, how) => {
      const text = texts(whole)
      const line = text[where]!
      if (how === 'leave') text.splice(where, 1)
      else if (how === 'double') text.splice(where, 0, line)
      else if (how === 'exchange') [text[where], text[(where + 1) % text.length]] = [text[(where + 1) % text.length]!, line]
      else text[where] = line.replace(/[0-9](?=[^0-9]*$)/, digit => String((Number(digit) + 1) % 10))
      if (text.join('\n') === texts(whole).join('\n')) return
      expect((await verifyLines(text, { key: archive.keyText, known: [] })).isWhole).toBe(false)
    }), { numRuns: 300 }))

  test('has its contradictions in order, at most a hundred of them, and says how many more', async () => {
    const many = new SealedArchive(owner).archive(0, ...Array.from({ length: 150 }, (_, i) => eventAt(`e${i}`, i / 100))).checkpoint(5)
    const report = await check(many.bundle(0, 3).map(line => line.kind === 'event' ? withBody(line, { target: 'x' }) : line))
    expect(report.findings.map(found => found.index)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(report.findingsOmitted).toBe(50)
  })

  test('of events that were changed with their leaves, only the block that is wrong is named, and its first event', async () => {
    const large = new SealedArchive(owner).archive(0, ...Array.from({ length: 1_100 }, (_, i) => eventAt(`e${i}`, i / 1_000))).checkpoint(5)
    const lines = large.bundle(0, 3)
    const report = await check(changedAt(lines, event(lines, 'e700'), line => resealed(withBody(line, { target: 'x' }))))
    expect(report.findings).toMatchObject([{ code: 'EVENT_RESEALED', log: 0, index: 512, lastIndex: 767, eventId: 'e512' }])
    const edge = await check(changedAt(lines, event(lines, 'e1050'), line => resealed(withBody(line, { target: 'x' }))))
    expect(edge.findings).toMatchObject([{ code: 'EVENT_RESEALED', log: 0, index: 0, lastIndex: 1_099, eventId: 'e0' }])
  })
})

describe('what a bundle leaves out', () => {
  const narrow = archive.bundle(38, 40)
  const claiming = (lines: readonly Line[]): Line[] => changedAt(lines, 0, line => ({ ...line, from: whole[0]!.from!, to: whole[0]!.to! }))

  test('of the time that it claims to cover is named', async () => {
    const { findings } = await check(claiming(narrow))
    expect(findings[0]).toMatchObject({ code: 'RANGE_NOT_COVERED' })
  })

  test('a skipped leaf within its time is named by its place', async () => {
    const hidden = changedAt(whole, at, line => ({ kind: 'subtree', level: 0, position: index, hash: line.leaf! }))
    expect((await check(hidden)).findings).toMatchObject([{ code: 'RANGE_NOT_COVERED', log: 0, index, lastIndex: index }])
  })

  test('statements within its time can\'t be hidden behind their hash', async () => {
    const hidden = whole.map((line): Line => line.kind === 'statement' && line.index === 4 ? { kind: 'subtree', level: 0, position: 4, hash: line.leaf! } : line)
    expect((await check(hidden)).findings[0]).toMatchObject({ code: 'RANGE_NOT_COVERED', log: -1 })
  })

  test('nor can the last statement', async () => {
    const hidden = whole.map((line): Line => line.kind === 'statement' && line.index === 8 ? { kind: 'subtree', level: 0, position: 8, hash: line.leaf! } : line)
    expect(codesOf(await check(hidden))).toContain('RANGE_NOT_COVERED')
  })
})

describe('two auditors', () => {
  const noteOfSize = (from: SealedArchive, size: number): string => from.notes.find(note => note.size === size)!.text

  test('with one history agree, whatever each of them has', async () => {
    for (const size of [3, 4, 5, 6, 9]) expect((await check(archive.bundle(20, 40, [3]), { known: [known(noteOfSize(archive, size))] })).findings).toEqual([])
  })

  test('who were shown two histories find out, at the same size and at earlier ones', async () => {
    for (const size of [4, 5, 9]) expect(codesOf(await check(whole, { known: [known(noteOfSize(changedWhole, size))] }))).toEqual(['HISTORY_FORKED'])
    const proven = archive.bundle(60, 70, [4, 5])
    expect((await check(proven, { known: [known(noteOfSize(archive, 4)), known(noteOfSize(archive, 5))] })).isWhole).toBe(true)
    expect(codesOf(await check(proven, { known: [known(noteOfSize(changedWhole, 4))] }))).toEqual(['HISTORY_FORKED'])
  })

  test('a checkpoint that was rolled back is named', async () => {
    const older = archiveOf(6)
    expect(codesOf(await check(older.bundle(20, 40), { known: [known(noteOfSize(archive, 9))] }))).toEqual(['CHECKPOINT_ROLLED_BACK'])
  })

  test('a checkpoint that the bundle doesn\'t reach to is unproven, and of a whole folder only counted', async () => {
    const later = archive.bundle(75, 80)
    const early = noteOfSize(archive, 3)
    expect(await check(later, { known: [known(early)] })).toMatchObject({ isWhole: false, checkpointsUnproven: 1, findings: [{ code: 'CHECKPOINT_UNPROVEN', index: 3 }] })
    expect(await check(later, { known: [known(early, false)] })).toMatchObject({ isWhole: true, checkpointsUnproven: 1, checkpointsKnown: 1 })
  })

  test('what was not signed by the key proves nothing', async () => {
    const foreign = new SealedArchive(newOwner()).archive(0, eventAt('a', 1)).checkpoint(2)
    expect(codesOf(await check(whole, { known: [known(foreign.notes[0]!.text)] }))).toEqual(['KEY_WRONG'])
    expect(codesOf(await check(whole, { known: [known(noteOfSize(archive, 4).replace('\n4\n', '\n5\n'))] }))).toEqual(['SIGNATURE_INVALID'])
    expect(codesOf(await check(whole, { known: [known('none')] }))).toEqual(['SIGNATURE_INVALID'])
  })
})

describe('a file that is no bundle', () => {
  const lines = texts(whole)
  const dirty = (change: (lines: string[]) => string[]) => verifyLines(change([...lines]), { key: archive.keyText, known: [] })

  test.each([
    ['a line that is no JSON', (all: string[]) => all.with(7, '{'), 'not JSON'],
    ['a line in another form', (all: string[]) => all.with(7, `${all[7]} `), 'canonical form'],
    ['a key twice', (all: string[]) => all.with(7, all[7]!.replace('{', '{"kind":"event",')), 'canonical form'],
    ['a line of another kind', (all: string[]) => all.with(7, '{"kind":"other"}'), 'no line of this format'],
    ['a line that is nested too deep', (all: string[]) => all.with(7, '['.repeat(200_000) + ']'.repeat(200_000)), 'too deep'],
    ['no head', (all: string[]) => all.slice(1), 'has one head'],
    ['two heads', (all: string[]) => all.toSpliced(3, 0, all[0]!), 'has one head'],
    ['a line behind the end', (all: string[]) => [...all, all[7]!], 'behind the last line'],
    ['another number of lines', (all: string[]) => all.toSpliced(-1, 1, '{"kind":"end","lines":3}'), 'it says 3 lines'],
    ['a leaf before its log', (all: string[]) => all.toSpliced(1, 0, all[at]!), 'no log has begun'],
    ['a statement among events', (all: string[]) => all.toSpliced(at, 0, all[4]!), 'holds no statement'],
    ['an event among statements', (all: string[]) => all.toSpliced(4, 0, all[at]!), 'holds no event'],
    ['the statements twice', (all: string[]) => all.toSpliced(at, 0, all[2]!), 'the statements stand before'],
    ['a log before the statements', (all: string[]) => all.toSpliced(2, 0, '{"kind":"log","log":0,"size":1}'), 'the statements stand before'],
    ['no checkpoint', (all: string[]) => all.toSpliced(noteAt, 1), 'behind the checkpoints']
  ] as const)('with %s is refused, by its line', async (_what, change, detail) => {
    const { isWhole, findings } = await dirty(change as (lines: string[]) => string[])
    expect(isWhole).toBe(false)
    expect(findings.find(({ code }) => code === 'BUNDLE_UNREADABLE')?.detail).toContain(detail)
    expect(findings.find(({ code }) => code === 'BUNDLE_UNREADABLE')?.line).toBeGreaterThan(0)
  })

  test('with nothing in it is refused', async () => expect(codesOf(await verifyLines([], { key: archive.keyText, known: [] }))).toEqual(['BUNDLE_TRUNCATED']))
})

test('every code is the name of something in these tests or of no use', () => {
  const named = new Set<string>(tamperings.map(([, code]) => code))
  const elsewhere = ['BUNDLE_UNREADABLE', 'CHECKPOINT_ROLLED_BACK', 'CHECKPOINT_UNPROVEN', 'RANGE_NOT_COVERED']
  expect(Object.keys(findingCodes).filter(code => !named.has(code)).sort()).toEqual(elsewhere)
})
