// `npm run loadtest`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { progressLine } from '@mesh/stage'
import { parse } from 'yaml'
import { z } from 'zod'
import { argumentsFrom, help, workloadsFolder } from './arguments.ts'
import { variantsOf } from './core/variants.ts'
import { tableLines } from './core/table.ts'
import { workloadSchema } from './core/workload.ts'
import { runWorkload } from './run.ts'

const quietSayMs = 5_000
const given = argumentsFrom(process.argv.slice(2))
if (given === 'help') {
  console.log(help())
} else if ('problem' in given) {
  console.error(`${given.problem}\n\n${help()}`)
  process.exitCode = 2
} else {
  const { workload: name, json, report, floors, profileFolder, trace, seconds, warmupSeconds, perS } = given
  const say = json ? (line: string) => console.error(line) : (line: string) => console.log(line)
  const progress = progressLine(quietSayMs)
  const stopping = new AbortController()
  for (const each of ['SIGINT', 'SIGTERM'] as const) process.once(each, () => stopping.abort())
  try {
    const read = workloadSchema.safeParse(parse(readFileSync(join(workloadsFolder, `${name}.yaml`), 'utf8')))
    if (!read.success) throw new Error(`workloads/${name}.yaml: ${z.prettifyError(read.error)}`)
    const { data } = read
    const { arrivals } = data
    const span = { seconds: seconds ?? data.seconds, warmupSeconds: warmupSeconds ?? data.warmupSeconds }
    const workload = { ...data, ...span, arrivals: { ...arrivals, perS: perS ?? arrivals.perS } }
    say(`${name}: ${workload.about}`)
    const asked = { floors, profileFolder, trace: trace === undefined ? undefined : resolve(trace) }
    const results = []
    for (const { variant, workload: each } of variantsOf(workload)) {
      const result = await runWorkload({ name, workload: each, variant, ...asked, onProgress: line => progress.show(line), signal: stopping.signal })
      progress.clear()
      results.push(result)
      for (const line of tableLines(result)) say(line)
    }
    const whole = results.length === 1 ? results[0]! : results
    if (report !== undefined) writeFileSync(report, `${JSON.stringify(whole, null, 2)}\n`)
    if (json) console.log(JSON.stringify(whole))
    const faults = results.flatMap(result => result.faults)
    say(faults.length === 0 ? 'loadtest: ok' : `loadtest: ${faults.join('; ')}`)
    process.exitCode = faults.length === 0 ? 0 : 1
  } catch (error) {
    progress.clear()
    say(stopping.signal.aborted ? 'loadtest: interrupted' : `loadtest: the run itself failed: ${(error as Error).message}`)
    process.exitCode = stopping.signal.aborted ? 130 : 1
  }
}
