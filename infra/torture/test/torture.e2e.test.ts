// Thirty seconds of torture: the mesh holds, and nothing is left behind.
import { expect, test } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { faultText } from '../src/core/fault-plan.ts'
import { findingLines, summaryLines } from '../src/report.ts'
import { runTorture } from '../src/run.ts'

const seed = 20_261

test('half a minute of kills, stops and outages: nothing lost, doubled, reordered, without an outcome or out of the audit', async () => {
  const story: string[] = []
  const result = await runTorture({
    minutes: 0.5, seed, coordinators: 2, say: line => story.push(line), progress: () => undefined, onPlan: plan => story.push(...plan.map(faultText))
  })
  story.push(...summaryLines(result.summary), ...result.findings.flatMap(({ anomaly, smallest }) => findingLines(anomaly, smallest)))
  console.log(story.join('\n'))
  expect(result.anomalies).toEqual([])
  expect(result.summary.faults.kill).toBeGreaterThan(0)
  expect(result.summary.faultFailures).toEqual([])
  expect(leftProcesses()).toEqual([])
}, 260_000)

/** Processes that say in their environment that they belong to a run of this one. */
function leftProcesses (): string[] {
  if (!existsSync('/proc/self/environ')) return []
  const mark = `TORTURE_RUN=${process.pid}\0`
  return readdirSync('/proc').filter(name => /^\d+$/.test(name) && name !== String(process.pid)).flatMap(pid => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : []
    } catch {
      return []
    }
  })
}
