// What a run has done and found, for people.
import type { Actor } from '@mesh/stage'
import Table from 'cli-table3'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Anomaly } from './core/anomaly.ts'
import { entriesOf, grouped } from './core/grouping.ts'
import { type Entry, isLogged, placeOf } from './core/history.ts'
import { about } from './core/shrink.ts'
import type { Collector } from './collector.ts'
import type { Faults } from './stage/faults.ts'
import type { Unsettled } from './settling.ts'

export interface Summary {
  readonly tookMs: number
  readonly faults: Readonly<Record<string, number>>
  /** Faults that could not be applied. */
  readonly faultFailures: readonly string[]
  readonly starts: Readonly<Record<string, number>>
  /** Processes that ended though nobody had asked them to. */
  readonly surprises: readonly string[]
  readonly records: Readonly<Record<string, number>>
  /** Offsets that the broker forgot, by group. */
  readonly forgotten: Readonly<Record<string, number>>
  readonly outcomes: Readonly<Record<string, number>>
  readonly reasons: Readonly<Record<string, number>>
  readonly unsettled: Unsettled
}

interface SummaryParts {
  readonly history: readonly Entry[]
  readonly collector: Collector
  readonly faults: Faults
  readonly actors: readonly Actor[]
  readonly unsettled: Unsettled
  readonly tookMs: number
}

export function summaryOf ({ history, collector, faults, actors, unsettled, tookMs }: SummaryParts): Summary {
  const noted = (kind: Entry['kind']) => history.reduce((count, entry) => count + Number(entry.kind === kind), 0)
  const { counts, outcomes, reasons } = collector
  return {
    tookMs, faults: faults.done, faultFailures: faults.failures, starts: Object.fromEntries(actors.map(({ name, starts }) => [name, starts])),
    surprises: actors.flatMap(({ name, surprises }) => surprises.map(how => `${name}: ${how}`)),
    records: {
      intended: noted('intent'), ingress: counts.ingress, deliveries: counts.delivery, notices: counts.notice, events: collector.events, archived: counts.archived,
      deferrals: counts.deferred, 'dead letters': counts['dead-letter'], 'offset commits': counts.commit, handled: noted('handled'), 'records of aborted transactions': counts.aborted
    },
    forgotten: Object.fromEntries([...grouped(entriesOf(history, 'forgotten'), ({ group }) => group)].map(([group, all]) => [group, all.length])),
    outcomes, reasons, unsettled
  }
}

export function summaryLines (summary: Summary): string[] {
  const table = new Table({ style: { head: [], border: [], compact: true }, colWidths: [16, 110], wordWrap: true })
  const listed = (counts: Readonly<Record<string, number>>) => Object.entries(counts).filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`).join(', ') || 'none'
  table.push(
    ['faults', listed(summary.faults)], ['starts', listed(summary.starts)], ['records', listed(summary.records)],
    ['outcomes', listed(summary.outcomes)], ['reasons', listed(summary.reasons)], ['broker forgot', listed(summary.forgotten)], ['left over', listed({ ...summary.unsettled })]
  )
  return [
    table.toString(),
    ...summary.faultFailures.map(failure => `a fault failed: ${failure}`),
    ...summary.surprises.map(surprise => `ended by itself: ${surprise}`)
  ]
}

export function findingLines (anomaly: Anomaly, smallest: readonly Entry[]): string[] {
  return [`${anomaly.kind} (${anomaly.rule}): ${anomaly.key}: ${anomaly.detail}`, ...smallest.map(entry => `    ${entryLine(entry)}`)]
}

/** One line: when, where, what. */
function entryLine (entry: Entry): string {
  const { kind, atMs } = entry
  const at = new Date(atMs).toISOString().slice(11, 23)
  const shown = Object.entries(entry).filter(([name, value]) => !['kind', 'topic', 'partition', 'offset', 'atMs', 'fate', 'hash'].includes(name) && value !== null)
  const text = shown.map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(' ')
  return `${at} ${isLogged(entry) ? `${placeOf(entry)} ${entry.fate} ` : ''}${kind} ${text}`.slice(0, 400)
}

const anomaliesKeptMax = 200

/** The whole story of what broke, beside the logs. */
export function keepFailing (folder: string, history: readonly Entry[], anomalies: readonly Anomaly[]): void {
  writeFileSync(join(folder, 'anomalies.json'), anomalies.slice(0, 10_000).map(anomaly => `${JSON.stringify(anomaly)}\n`).join(''))
  const stories = anomalies.slice(0, anomaliesKeptMax).map(anomaly => findingLines(anomaly, about(history, anomaly)).join('\n'))
  writeFileSync(join(folder, 'stories.txt'), `${stories.join('\n\n')}\n`)
}
