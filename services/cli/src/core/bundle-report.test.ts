import { expect, test } from '@jest/globals'
import type { BundleReport, Finding } from '@mesh/evidence/findings'
import { bundleReportLines } from './bundle-report.ts'
import { plainPaint } from './paint.ts'

const whole: BundleReport = {
  isWhole: true, origin: 'mesh/audit', key: 'mesh/audit+00000000+AQ==', from: '2026-11-01T00:00:00.000Z', to: '2026-11-02T00:00:00.000Z', coveredTo: '2026-11-02T00:00:00.000Z',
  checkpoint: { size: 1_440, at: '2026-11-03T00:00:00.000Z' }, events: 12_345, eventsInTime: 12_000, unsealedEvents: 0, checkpointsKnown: 0, checkpointsUnproven: 0, findings: [], findingsOmitted: 0
}
const found: Finding = { code: 'EVENT_CHANGED', detail: 'its row is not what was sealed', line: 9, log: 1, index: 5, lastIndex: 5, eventId: 'mesh.dispatch.p1/1/5' }
const text = (report: Partial<BundleReport>, isKeyTrusted = true) => bundleReportLines({ ...whole, ...report }, isKeyTrusted, plainPaint)

test('a whole bundle says what it is and what it proves', () => expect(text({})).toEqual([
  'whole',
  'archive     mesh/audit',
  'time        2026-11-01T00:00:00.000Z to 2026-11-02T00:00:00.000Z',
  'events      12,000 of this time, 12,345 in all',
  'checkpoint  of 1,440 statements, 2026-11-03T00:00:00.000Z',
  'key         mesh/audit+00000000+AQ=='
]))

test('what it doesn\'t prove is said, too', () => {
  expect(text({}, false)).toContainEqual(expect.stringContaining('compare it with the archive\'s (--key)'))
  expect(text({ coveredTo: '2026-11-01T12:00:00.000Z' })).toContainEqual(expect.stringContaining('archived after 2026-11-01T12:00:00.000Z is not in it'))
  expect(text({ unsealedEvents: 7 })).toContainEqual(expect.stringMatching(/^7 events were archived before there was a log/))
  expect(text({ checkpointsKnown: 9, checkpointsUnproven: 2 })).toContain('Of 9 known checkpoints, it does not reach to 2.')
})

test('each finding has its code, its place, its event and its meaning', () => {
  const lines = text({ isWhole: false, findings: [found, { ...found, code: 'EVENT_RESEALED', eventId: 'e\u001b[2J', lastIndex: 260 }, { ...found, code: 'CHECKPOINT_MISMATCH', log: -1, index: 4, eventId: null, line: null }] })
  expect(lines[0]).toBe('not whole')
  expect(lines.slice(6)).toEqual([
    '', 'EVENT_CHANGED  log 1 place 5, event mesh.dispatch.p1/1/5, line 9', '  its row is not what was sealed.', '  An event is not what was sealed: a field was changed.',
    '', expect.stringMatching(/^EVENT_RESEALED {2}log 1 place 5 to 260, event e[^\u001b]*, line 9$/), '  its row is not what was sealed.', expect.stringContaining('changed together'),
    '', 'CHECKPOINT_MISMATCH  statement 4', '  its row is not what was sealed.', expect.any(String)
  ])
})

test('more than twenty are counted', () => {
  const lines = text({ isWhole: false, findings: Array.from({ length: 25 }, () => found), findingsOmitted: 1_000 })
  expect(lines.filter(line => line.startsWith('EVENT_CHANGED'))).toHaveLength(20)
  expect(lines.at(-1)).toBe('1,005 more.')
})

test('a bundle of which nothing could be read says so', () =>
  expect(text({ isWhole: false, origin: null, key: null, from: null, to: null, coveredTo: null, checkpoint: null })).toEqual(expect.arrayContaining(['archive     unknown', 'time        ? to ?', 'checkpoint  none', 'key         none'])))
