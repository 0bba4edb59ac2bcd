// What `npm run loadtest` is told.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export interface LoadtestArguments {
  readonly workload: string
  readonly seconds: number | undefined
  readonly warmupSeconds: number | undefined
  readonly perS: number | undefined
  readonly trace: string | undefined
  readonly report: string | undefined
  readonly json: boolean
  readonly floors: boolean
  readonly profileFolder: string | undefined
}

export const workloadsFolder = fileURLToPath(new URL('../workloads', import.meta.url))

export const workloadNames = (): string[] => readdirSync(workloadsFolder).filter(file => file.endsWith('.yaml')).map(file => file.slice(0, -'.yaml'.length)).sort()

export const help = (): string => `Usage: npm run loadtest -- [--workload smoke] [--seconds N] [--report FILE.json]

Starts a mesh of its own on free ports, offers it the arrivals of a workload (open loop: nothing waits for an answer, and what
leaves late counts from when it should have left), and prints latency and throughput beside the raw Kafka floors of the same
run. A run that lost, doubled or disordered anything, or whose audit isn't complete, fails.

  --workload NAME     ${workloadNames().join(', ')}
  --seconds N         of measurement; the workload's own if left out
  --warmup N          seconds before that, which aren't counted
  --per-second N      arrivals on the dispatch topics, replies and later hops among them
  --trace FILE.csv    a recorded trace, for the workload 'trace': a header, then a time in each line's first column
  --report FILE.json  writes the whole result there
  --no-floors         measures the mesh alone
  --profile FOLDER    has each process of the mesh write a CPU profile there (it costs; figures are not comparable)
  --json              the result as JSON on standard output; what is for people goes to standard error`

/** A sentence where something is wrong. */
export function argumentsFrom (args: readonly string[], names: readonly string[] = workloadNames()): LoadtestArguments | 'help' | { readonly problem: string } {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const options = {
    workload: { ...text, default: 'smoke' }, seconds: text, warmup: text, 'per-second': text, report: text, profile: text, trace: text,
    json: flag, 'no-floors': flag, help: { type: 'boolean', short: 'h', default: false }
  } as const
  try {
    const { values } = parseArgs({ args: [...args], options })
    if (values.help) return 'help'
    if (!names.includes(values.workload)) return { problem: `there is no workload '${values.workload}'; there are: ${names.join(', ')}` }
    if (values.workload === 'trace' && values.trace === undefined) return { problem: 'the workload \'trace\' needs --trace FILE.csv' }
    return {
      workload: values.workload, trace: values.trace, report: values.report, json: values.json, floors: !values['no-floors'], profileFolder: values.profile,
      seconds: bounded('--seconds', values.seconds, 1, 3_600), warmupSeconds: bounded('--warmup', values.warmup, 0, 600), perS: bounded('--per-second', values['per-second'], 1, 200_000)
    }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

function bounded (name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!(value >= least && value <= most)) throw new Error(`${name} takes a number from ${least} to ${most}`)
  return value
}
