import { expect, test } from '@jest/globals'
import type { PartitionVerdict } from '@mesh/completeness/counting'
import { completenessLines, completenessReport, completenessRows, ratioText } from './completeness-rows.ts'
import { plainPaint } from './paint.ts'

const verdict = (changes: Partial<PartitionVerdict>): PartitionVerdict => ({
  topic: 'mesh.dispatch.p0', partition: 0, expected: 0, found: 0, missing: 0, notArchivedYet: 0, undecided: 0, duplicate: 0, unexpected: 0,
  firstMissing: [], firstDuplicate: [], firstUnexpected: [], ...changes
})
const range = { from: 'a', to: 'b' }

test.each([[0, 0, '1.0'], [5, 5, '1.0'], [999_999_999, 1_000_000_000, '0.999999'], [1, 3, '0.333333'], [0, 4, '0.000000']])('%i of %i is %s, never rounded up', (found, due, text) => {
  expect(ratioText(found, due)).toBe(text)
})

test('days of one partition are one row, in the order of the topics', () => {
  const report = completenessReport(range, [verdict({ partition: 1, expected: 2, found: 2 }), verdict({ expected: 3, found: 3 }), verdict({ partition: 1, expected: 4, found: 3, missing: 1, firstMissing: ['x/1/7'] })], [], false)
  expect(completenessRows(report.partitions, plainPaint)).toEqual([
    ['mesh.dispatch.p0/0', '3', '3', '0', '0', '0', '0', '0'], ['mesh.dispatch.p0/1', '6', '5', '1', '0', '0', '0', '0']
  ])
  expect([report.completeness, report.isComplete]).toEqual(['0.888888', false])
  expect(completenessLines(report, plainPaint)).toEqual(['missing  x/1/7', 'completeness 0.888888: 8 of 9 committed ingress records have their admission in the archive'])
})

test('what is on its way does not count against it', () => {
  const report = completenessReport(range, [verdict({ expected: 9, found: 5, notArchivedYet: 3, undecided: 1 })], [], false)
  expect([report.completeness, report.isComplete]).toEqual(['1.0', true])
  expect(completenessLines(report, plainPaint).at(-1)).toContain('3 decided but not archived yet, 1 not decided yet')
})

test('too much is not complete either, and neither is what is not known', () => {
  expect(completenessReport(range, [verdict({ expected: 1, found: 1, duplicate: 1 })], [], false).isComplete).toBe(false)
  expect(completenessReport(range, [verdict({ expected: 1, found: 1 })], ['gone'], true).isComplete).toBe(false)
})
