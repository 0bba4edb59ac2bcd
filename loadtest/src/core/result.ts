// The report of a run, as it is written.
import type { Percentiles } from './latencies.ts'
import type { Measured } from './measured.ts'

export interface Floor {
  readonly clientLibrary: string
  readonly mode: FloorMode
  /** Records from input to sink, per second. */
  readonly perS: number
  readonly latencyMs: Percentiles | undefined
  readonly cpuSeconds: Readonly<Record<string, number>>
}

export const floorModes = ['task-rounds', 'per-partition', 'at-least-once'] as const
export type FloorMode = typeof floorModes[number]

export interface Ratio { readonly throughput: number, readonly p50: number, readonly p99: number }

export interface LoadtestResult extends Measured {
  readonly workload: string
  /** Which value of a sweep it was run with. */
  readonly variant: Readonly<Record<string, number | string>>
  readonly auditCompleteness: string
  readonly archivedAfterMs: number
  readonly decisionsByReason: Readonly<Record<string, number>>
  readonly floors: readonly Floor[]
  /** To the floor of task rounds. */
  readonly ratio: Ratio | undefined
  /** Why the run failed; empty when it did not. */
  readonly faults: readonly string[]
  readonly machine: string
  readonly commit: string
}

/**
 * How the mesh stands to the floor of task rounds: throughput the higher the better, latencies the lower.
 *
 * @example ratioOf({ deliveredPerS: 900, … }, [{ mode: 'task-rounds', perS: 1_000, … }])?.throughput // 0.9
 */
export function ratioOf ({ deliveredPerS, latencyMs }: Pick<Measured, 'deliveredPerS' | 'latencyMs'>, floors: readonly Floor[]): Ratio | undefined {
  const floor = floors.find(({ mode }) => mode === 'task-rounds')
  if (floor?.latencyMs === undefined || latencyMs === undefined) return undefined
  const of = (mine: number, its: number): number => Math.round(mine / its * 100) / 100
  return { throughput: of(deliveredPerS, floor.perS), p50: of(latencyMs.p50, floor.latencyMs.p50), p99: of(latencyMs.p99, floor.latencyMs.p99) }
}
