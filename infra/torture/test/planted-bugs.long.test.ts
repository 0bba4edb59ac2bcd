// The checker is proven: each of these bugs, planted in the running mesh, is found by a run of half a minute.
import { afterAll, describe, expect, test } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import type { AnomalyKind } from '../src/core/anomaly.ts'
import type { Fault } from '../src/core/fault-plan.ts'
import { findingLines } from '../src/report.ts'
import { runTorture } from '../src/run.ts'
import { rmSync } from 'node:fs'

interface Planted {
  readonly bug: string
  /** One of these is found, at least. */
  readonly kinds: readonly AnomalyKind[]
  readonly faults: readonly Fault[]
  readonly environment?: Readonly<Record<string, string>>
  readonly archiverNodeArgs?: readonly string[]
}

const kill = (atMs: number, coordinator: number): Fault => ({ atMs, kind: 'kill', target: `coordinator-${coordinator}`, lastsMs: 500, amount: 0 })
const stop = (atMs: number, coordinator: number): Fault => ({ atMs, kind: 'stop', target: `coordinator-${coordinator}`, lastsMs: 5_000, amount: 0 })
const kills = [kill(5_000, 1), kill(9_500, 2), kill(14_000, 1), kill(18_500, 2)]
const stops = [stop(5_000, 1), stop(12_000, 2), stop(19_000, 1)]
const readUncommitted = fileURLToPath(new URL('read-uncommitted.ts', import.meta.url))

const planted: readonly Planted[] = [
  // The broker must not end the stopped one's transaction before it goes on.
  { bug: 'no-fencing', kinds: ['duplicated', 'offset-backwards', 'double-outcome'], faults: stops, environment: { MESH_TRANSACTION_TIMEOUT_MS: '30000' } },
  { bug: 'commit-before-produce', kinds: ['missing-audit'], faults: kills },
  { bug: 'no-restore', kinds: ['missing-outcome', 'stuck'], faults: kills },
  { bug: 'forgotten-tombstone', kinds: ['stuck', 'duplicated'], faults: kills },
  { bug: 'dropped-audit', kinds: ['missing-audit'], faults: [] },
  { bug: 'delivered-twice', kinds: ['duplicated'], faults: [] },
  { bug: 'overtaken', kinds: ['reordered'], faults: [] },
  { bug: 'slow-commit', kinds: ['aborted-seen'], faults: kills, archiverNodeArgs: ['--import', readUncommitted] }
]

const said: string[] = []
afterAll(() => console.log(said.join('\n')))

describe('is found:', () => {
  test.each(planted)('$bug', async ({ bug, kinds, faults, environment = {}, archiverNodeArgs = [] }) => {
    const { anomalies, findings, folder } = await runTorture({
      minutes: 0.45, seed: 11, coordinators: 2, plan: faults, settleMsMax: 20_000, coordinatorScript: 'services/coordinator/test/planted-main.ts',
      coordinatorEnvironment: { PLANTED_BUG: bug, ...environment }, archiverNodeArgs, say: () => undefined, progress: () => undefined
    })
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    const found = new Set(anomalies.map(({ kind }) => kind))
    const shown = findings.find(({ anomaly: { kind } }) => kinds.includes(kind)) ?? findings[0]
    said.push(`${bug}: found by ${[...found].join(', ') || 'nothing'}`, ...shown === undefined ? [] : findingLines(shown.anomaly, shown.smallest))
    expect(kinds.some(kind => found.has(kind))).toBe(true)
  }, 240_000)
})
