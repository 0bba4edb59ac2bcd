// Two minutes of torture with every kind of fault.
import { expect, test } from '@jest/globals'
import { faultKinds, faultText } from '../src/core/fault-plan.ts'
import { findingLines, summaryLines } from '../src/report.ts'
import { runTorture } from '../src/run.ts'

const seed = 120

test('two minutes of every kind of fault: nothing lost, doubled, reordered, without an outcome or out of the audit', async () => {
  const story: string[] = []
  const result = await runTorture({
    minutes: 2, seed, coordinators: 3, say: line => story.push(line), progress: () => undefined, onPlan: plan => story.push(...plan.map(faultText))
  })
  story.push(...summaryLines(result.summary), ...result.findings.flatMap(({ anomaly, smallest }) => findingLines(anomaly, smallest)))
  console.log(story.join('\n'))
  expect(result.anomalies).toEqual([])
  expect(Object.keys(result.summary.faults)).toEqual(expect.arrayContaining([...faultKinds]))
}, 330_000)
