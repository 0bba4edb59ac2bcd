// Open-loop load: requests leave when they are due, whatever became of those before, and a late one counts from when it
// was due, so that a stall isn't hidden.
import { z } from 'zod'
import { type Agent, MeshError } from '../src/index.ts'

/** What `storm-worker.ts` answers. */
export const answered = z.object({ begunAtMs: z.number() })

export interface Run {
  /** From when each was due to the start of its handler. */
  readonly toHandlerMs: number[]
  readonly outcomes: Map<string, number>
}

export interface Load {
  readonly caller: Agent
  readonly priority: 0 | 1 | 2 | 3
  readonly perSecond: number
  readonly forMs: number
  readonly ttlMs: number
}

export type Burst = Omit<Load, 'perSecond' | 'forMs'> & { readonly records: number }

const newRun = (): Run => ({ toHandlerMs: [], outcomes: new Map() })

/** Workflows that all callers share, and with them the tasks. */
const workflows = 40
let made = 0

async function ask ({ caller, priority, ttlMs }: Omit<Load, 'perSecond' | 'forMs'>, run: Run, dueAtMs: number): Promise<void> {
  const n = made++
  const outcome = await caller.call('work', { n }, { priority, ttlMs, workflowId: `w${n % workflows}`, output: answered }).then(({ begunAtMs }) => {
    run.toHandlerMs.push(begunAtMs - dueAtMs)
    return 'success'
  }, (error: unknown) => error instanceof MeshError ? error.code : 'UNTYPED')
  run.outcomes.set(outcome, (run.outcomes.get(outcome) ?? 0) + 1)
}

export async function offer (load: Load): Promise<Run> {
  const { perSecond, forMs } = load
  const run = newRun()
  const calls: Promise<void>[] = []
  const startedMs = Date.now()
  for (let asked = 0; Date.now() - startedMs < forMs;) {
    const due = Math.floor((Date.now() - startedMs) / 1_000 * perSecond) + 1
    for (; asked < due; asked++) calls.push(ask(load, run, startedMs + asked / perSecond * 1_000))
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  await Promise.all(calls)
  return run
}

export async function allAtOnce (burst: Burst): Promise<Run> {
  const run = newRun()
  const dueAtMs = Date.now()
  await Promise.all(Array.from({ length: burst.records }, () => ask(burst, run, dueAtMs)))
  return run
}

export function percentile (values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN)
}

export const said = ({ toHandlerMs, outcomes }: Run): string => [
  `p50 ${percentile(toHandlerMs, 0.5)} / p99 ${percentile(toHandlerMs, 0.99)} ms`, ...[...outcomes].map(([outcome, times]) => `${times} ${outcome}`)
].join(', ')

export const total = ({ outcomes }: Run): number => [...outcomes.values()].reduce((sum, times) => sum + times, 0)
