// `npm run torture`.
import { progressLine } from '@mesh/stage'
import { argumentsFrom, help } from './arguments.ts'
import { faultText } from './core/fault-plan.ts'
import { findingLines, summaryLines } from './report.ts'
import { runTorture } from './run.ts'

const quietSayMs = 10_000
// The plain clients of the load set a timer in the past now and then, which Node tells everybody.
process.removeAllListeners('warning')
process.on('warning', warning => { if (warning.name !== 'TimeoutNegativeWarning') console.error(warning) })
const given = argumentsFrom(process.argv.slice(2), Date.now() % 1_000_000)
if (given === 'help') {
  console.log(help)
} else if ('problem' in given) {
  console.error(`${given.problem}\n\n${help}`)
  process.exitCode = 2
} else {
  const { json, ...options } = given
  const say = json ? (line: string) => console.error(line) : (line: string) => console.log(line)
  const progress = progressLine(quietSayMs)
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort())
  try {
    const result = await runTorture({
      ...options, say, progress: line => progress.show(line), signal: stopping.signal,
      onPlan: plan => { for (const fault of plan) say(faultText(fault)) }
    })
    progress.clear()
    for (const line of summaryLines(result.summary)) say(line)
    for (const { anomaly, smallest } of result.findings) for (const line of findingLines(anomaly, smallest)) say(line)
    if (result.folder !== undefined) say(`${result.anomalies.length} anomalies; logs and stories are in ${result.folder}`)
    if (json) console.log(JSON.stringify(result))
    const kinds = [...new Set(result.anomalies.map(({ kind }) => kind))]
    say(kinds.length === 0 ? 'torture: ok' : `torture: ${kinds.join(', ')} (seed ${result.seed})`)
    process.exitCode = kinds.length === 0 ? 0 : 1
  } catch (error) {
    progress.clear()
    say(`torture: the run itself failed (seed ${options.seed}): ${(error as Error).message}`)
    process.exitCode = stopping.signal.aborted ? 130 : 1
  }
}
