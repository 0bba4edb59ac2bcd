// A result as lines for people.
import type { Percentiles } from './latencies.ts'
import type { LoadtestResult } from './result.ts'

const columns = ['p50', 'p95', 'p99', 'p999', 'max'] as const
const nameChars = 34

export function tableLines (result: LoadtestResult): string[] {
  const { workload, variant, seconds, offeredPerS, deliveredPerS, latencyMs, perPriority, answersMs, lateMs, floors, ratio } = result
  const how = Object.entries(variant).map(([name, value]) => `, ${name} ${value}`).join('')
  return [
    `${workload}${how}: ${seconds} s, offered ${offeredPerS}/s, delivered ${deliveredPerS}/s`,
    '',
    `${'latency, ms'.padEnd(nameChars)}${columns.map(name => name.padStart(9)).join('')}`,
    row('dispatches, intended send to handler', latencyMs),
    ...Object.entries(perPriority).map(([name, each]) => row(`  ${name.toUpperCase()} (${each.count})`, each)),
    row('answers, handler to caller', answersMs),
    row('how late the load itself was', lateMs),
    ...floors.map(floor => row(`floor: ${floor.mode} (${floor.perS}/s)`, floor.latencyMs)),
    '',
    ...floors.map(({ mode, cpuSeconds }) => `${mode}, ${coreText(cpuSeconds, seconds)}`),
    ...ratio === undefined ? [] : [`to the floor of task rounds: throughput ${ratio.throughput}×, p50 ${ratio.p50}×, p99 ${ratio.p99}×`],
    ...countLines(result)
  ].filter((line, at, all) => line !== '' || all[at - 1] !== '')
}

function countLines (result: LoadtestResult): string[] {
  const { lost, duplicated, outOfOrder, auditCompleteness, archivedAfterMs, decisionsByReason, ended, cpuSeconds, residentMb, seconds } = result
  return [
    `lost ${lost}, duplicated ${duplicated}, out of order ${outOfOrder}; audit complete: ${auditCompleteness}, ${archivedAfterMs} ms after the load`,
    `decisions: ${list(decisionsByReason)}`,
    ...Object.keys(ended).length === 0 ? [] : [`ended otherwise: ${list(ended)}`],
    coreText(cpuSeconds, seconds),
    `resident, MB: ${list(residentMb)}`,
    `${result.machine}, commit ${result.commit}`
  ]
}

function row (name: string, percentiles: Percentiles | undefined): string {
  if (percentiles === undefined) return ''
  return `${name.padEnd(nameChars)} ${columns.map(column => percentiles[column].toFixed(1).padStart(column === 'p50' ? 8 : 9)).join('')}`
}

const list = (counts: Readonly<Record<string, number>>): string => Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', ')

function coreText (cpuSeconds: Readonly<Record<string, number>>, seconds: number): string {
  const cores = Object.entries(cpuSeconds).sort(([, a], [, b]) => b - a).filter(([, used]) => used / seconds >= 0.005)
  return `CPU, percent of a core: ${cores.map(([name, used]) => `${name} ${Math.round(used / seconds * 100)}`).join(', ')}`
}
