// What one run at one rate gave, and what it says when put together.
import type { HandledReport } from './handled.ts'
import type { Latencies, Percentiles } from './latencies.ts'

export interface Measured {
  readonly seconds: number
  /** Dispatches: records on the dispatch topics. */
  readonly offeredPerS: number
  /** Handled or answered, per second of the time that it took to handle what was offered. */
  readonly deliveredPerS: number
  readonly latencyMs: Percentiles | undefined
  readonly perPriority: Readonly<Record<string, Percentiles & { readonly count: number }>>
  /** Answers, from the handler's end to the caller's promise. */
  readonly answersMs: Percentiles | undefined
  /** How late dispatches left: what the load itself adds. */
  readonly lateMs: Percentiles | undefined
  readonly lost: number
  readonly duplicated: number
  readonly outOfOrder: number
  readonly skipped: number
  /** What was begun, in the warm-up too. */
  readonly arrivals: number
  /** Ended otherwise, by reason. */
  readonly ended: Readonly<Record<string, number>>
  readonly cpuSeconds: Readonly<Record<string, number>>
  readonly residentMb: Readonly<Record<string, number>>
}

export function perPriorityOf (latencies: Latencies): Measured['perPriority'] {
  return Object.fromEntries([0, 1, 2, 3].flatMap(priority => {
    const percentiles = latencies.ofPriority(priority)
    return percentiles === undefined ? [] : [[`p${priority}`, { count: latencies.countOf(priority), ...percentiles }]]
  }))
}

export interface Account {
  readonly handled: HandledReport
  /** Places that there are: arrivals times their handlings. */
  readonly places: number
  readonly requests: number
  readonly replied: number
  readonly skipped: number
  readonly ended: Readonly<Record<string, number>>
  readonly handlings: number
}

/**
 * Dispatches that nothing was heard of: neither handled nor ended with a reason, and requests neither answered nor ended. One
 * ending excuses the rest of its own arrival and no more.
 *
 * @example lostOf({ handled: { count: 9, … }, places: 10, ended: {}, … }) // 1
 */
export function lostOf ({ handled, places, requests, replied, skipped, ended, handlings }: Account): number {
  const endings = Object.values(ended).reduce((sum, count) => sum + count, 0)
  const unhandled = places - handled.count - skipped * handlings
  const unanswered = requests - replied
  return Math.max(0, unhandled - endings * handlings, unanswered - endings)
}

/** Of arrivals, how many may be refused or fail before a figure speaks of something else than the mesh at work. */
const endedShareMax = 0.01
/** What a handler throws because the workload says so. */
const meantToFail = 'MEANT_TO_FAIL'

type Judged = Pick<Measured, 'lost' | 'duplicated' | 'outOfOrder' | 'skipped' | 'arrivals' | 'ended'>

/** Why a run can't be believed; empty when it can. */
export function faultsOf (measured: Judged, auditCompleteness: string | undefined): string[] {
  const { lost, duplicated, outOfOrder, skipped, arrivals, ended } = measured
  const unmeant = Object.entries(ended).filter(([code]) => code !== meantToFail)
  const endings = unmeant.reduce((sum, [, count]) => sum + count, 0)
  const faults: string[] = []
  if (lost > 0) faults.push(`${lost} lost`)
  if (duplicated > 0) faults.push(`${duplicated} handled twice`)
  if (outOfOrder > 0) faults.push(`${outOfOrder} out of order`)
  if (skipped > 0) faults.push(`${skipped} not sent, so much was under way`)
  if (endings > endedShareMax * arrivals) faults.push(`${endings} of ${arrivals} ended otherwise (${unmeant.map(([code]) => code).join(', ')})`)
  if (auditCompleteness !== undefined && auditCompleteness !== '1.0') faults.push(`the audit is complete to ${auditCompleteness} only`)
  return faults
}
