import { parseArgs } from 'node:util'
import { partNames, startStack, terminalProgress } from '../index.ts'
import { addressLines } from './address-lines.ts'
import { runCommand } from './command-run.ts'

await runCommand(async () => {
  parseArgs({ args: process.argv.slice(2), options: {} })
  const beganMs = performance.now()
  const stack = await startStack({ name: 'dev', progress: terminalProgress(), keepData: true, owner: 'nobody' })
  console.log(addressLines(stack.addresses).join('\n'))
  console.log(`up in ${((performance.now() - beganMs) / 1000).toFixed(1)} s: ${partNames.length} parts. npm run status shows them, npm run down stops them; their data stays.`)
})
