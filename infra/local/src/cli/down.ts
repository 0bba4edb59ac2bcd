import { parseArgs } from 'node:util'
import { terminalProgress } from '../progress.ts'
import { stopNamed } from '../stop-named.ts'
import { runCommand } from './command-run.ts'

await runCommand(async () => {
  const { values } = parseArgs({ args: process.argv.slice(2), options: { force: { type: 'boolean', default: false } } })
  const beganMs = performance.now()
  const stopped = await stopNamed({ name: 'dev', progress: terminalProgress(), isForced: values.force })
  console.log(stopped ? `down in ${((performance.now() - beganMs) / 1000).toFixed(1)} s; the data stays for the next npm run up` : 'nothing to stop: no stack is up')
})
