import type { Command } from 'commander'
import { askerOf, type AskerFlags } from '../asker.ts'
import { loadSettings } from '../config.ts'
import { circuitChangeLine } from '../core/change-line.ts'
import { circuitHeadings, circuitLines, circuitRows, circuitSummary } from '../core/circuit-rows.ts'
import { isoTime } from '../core/iso-time.ts'
import { silence } from '../core/pressure-rows.ts'
import type { CommandContext, Runner } from './command.ts'

const orders = [
  ['open', 'open', 'cut an agent off: its callers get the fallback, or a typed error, at once'],
  ['close', 'closed', 'let everything through to an agent, whatever is measured'],
  ['auto', null, 'leave the circuit of an agent to what is measured again']
] as const

export function addCircuits (program: Command, run: Runner): void {
  const circuits = program.command('circuits')
    .description('list which agents are cut off because they fail or are too slow, as the governor measures them')
    .addHelpText('after', '\nExamples:\n  npx mesh circuits\n  npx mesh circuits --json | jq \'.circuits[] | select(.state != "closed")\'\n  npx mesh circuits open crm-sync --why "it writes nonsense"')
    .action(() => run(showCircuits))
  for (const [name, state, description] of orders) {
    circuits.command(name)
      .description(description)
      .argument('<agent>', 'its name, for all its versions; `mesh agents` lists them')
      .requiredOption('--why <text>', 'for the audit')
      .option('--who <name>', 'for the audit; who is logged in by default')
      .addHelpText('after', `\nExample:\n  npx mesh circuits ${name} crm-sync --why "${name === 'auto' ? 'it is mended' : 'see incident 42'}"`)
      .action((agent: string, flags: AskerFlags) => run(context => order(agent, state, flags, context)))
  }
}

async function showCircuits ({ terminal }: CommandContext): Promise<void> {
  const settings = await loadSettings(['kafkaBrokers', 'schemaRegistryUrl', 'namespace'])
  const { readMeasured } = await import('../measured-topic.ts')
  const { values, newestAtMs, unreadableRecords } = await readMeasured('Circuit', settings)
  const nowMs = Date.now()
  const silent = silence(newestAtMs, nowMs)
  const circuits = circuitLines(values)
  if (unreadableRecords > 0) terminal.warn(`Records of the governor that can't be read: ${unreadableRecords}.`)
  if (terminal.json) return terminal.value({ circuits, isSilent: silent !== undefined, newestAt: newestAtMs === null ? null : isoTime(newestAtMs) })
  if (silent !== undefined) terminal.warn(silent)
  if (circuits.length > 0) {
    await terminal.table(circuitHeadings, circuitRows(circuits, nowMs, terminal.paint))
    await terminal.line(circuitSummary(circuits))
  } else if (silent === undefined) await terminal.line('No circuit has been open, and no agent was found to fail or to be slow.')
}

async function order (agent: string, state: 'open' | 'closed' | null, flags: AskerFlags, { terminal }: CommandContext): Promise<void> {
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { setCircuit } = await import('../registry.ts')
  const change = await setCircuit(registryUrl, agent, state, askerOf(flags))
  return terminal.json ? terminal.value(change) : terminal.line(circuitChangeLine(agent, change))
}
