import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { stackStatus } from '../stack-status.ts'
import type { StackStatus } from '../stack-status.ts'
import { withoutPassword } from './address-lines.ts'
import { runCommand } from './command-run.ts'

function show (status: StackStatus): string {
  if (!status.isKnown) return 'no stack has been started here: npm run up, or npm start'
  const table = new Table({ head: ['part', 'state', 'address', 'process', 'log'], style: { head: [], border: [] } })
  for (const part of status.parts) {
    table.push([part.part, part.isExternal ? 'yours, not managed' : part.isUp ? 'up' : 'down', withoutPassword(part.address), part.pid ?? '', part.log])
  }
  const owner = status.ownerPid ? `owned by npm start (process ${status.ownerPid})` : status.parts.some(part => part.isUp && !part.isExternal) ? 'stays up until npm run down' : 'not running'
  return `stack: ${status.kind} (${status.reason}); ${owner}\n${table.toString()}`
}

await runCommand(async () => {
  const { values } = parseArgs({ args: process.argv.slice(2), options: { json: { type: 'boolean', default: false } } })
  const status = await stackStatus('dev')
  console.log(values.json ? JSON.stringify(status, null, 2) : show(status))
})
