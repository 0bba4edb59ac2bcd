// The command as a user runs it, short: what it says of a run is whole, and true of what it did.
import { expect, test } from '@jest/globals'
import { repositoryRoot } from '@mesh/local-stack'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { LoadtestResult } from '../src/core/result.ts'

test('a short run: everything that was sent was handled once, in order, and is in the audit', async () => {
  const args = ['--disable-warning=ExperimentalWarning', 'loadtest/src/main.ts', '--workload', 'smoke', '--seconds', '3', '--warmup', '2', '--per-second', '100', '--no-floors', '--json']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: repositoryRoot })
  const result = JSON.parse(stdout) as LoadtestResult
  expect(result).toMatchObject({ lost: 0, duplicated: 0, outOfOrder: 0, skipped: 0, auditCompleteness: '1.0', faults: [], ended: {}, floors: [] })
  // Of five seconds about: 77 arrivals a second, of which three of ten are answered.
  expect(result.decisionsByReason.delivered).toBeGreaterThan(300)
  expect(result.decisionsByReason.completed).toBeGreaterThan(50)
  expect(result.offeredPerS).toBeGreaterThan(50)
  expect(Object.keys(result.perPriority)).toEqual(['p0', 'p1', 'p2', 'p3'])
  expect(result.latencyMs!.p50).toBeGreaterThan(0)
  expect(result.answersMs!.p50).toBeGreaterThan(0)
  expect(Object.keys(result.residentMb)).toEqual(expect.arrayContaining(['coordinator-1', 'archiver', 'agents', 'driver']))
}, 180_000)
