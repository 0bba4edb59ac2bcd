import type { Pressure } from '@mesh/schemas'
import type { Command } from 'commander'
import { askerOf, type AskerFlags } from '../asker.ts'
import { loadSettings } from '../config.ts'
import { agentHeadings, agentLines, agentRows, agentSummary } from '../core/agent-rows.ts'
import { statusChangeLine } from '../core/change-line.ts'
import { silence } from '../core/pressure-rows.ts'
import { CliError } from '../errors.ts'
import type { CommandContext, Runner } from './command.ts'

const statuses = [
  ['pause', 'paused', 'let dispatches for an agent wait in the mesh, in order, until it is resumed; it may go on sending'],
  ['drain', 'draining', 'give an agent nothing new: others that offer the same take over; it works off what it has'],
  ['resume', 'active', 'let an agent take part again: what waited for it goes on']
] as const

export function addAgents (program: Command, run: Runner): void {
  const agents = program.command('agents')
    .description('list the registered agents, each by its current version, and how they do')
    .addHelpText('after', '\nExamples:\n  npx mesh agents\n  npx mesh agents --json | jq -r \'.[].name\'\n  npx mesh agents pause crm-sync --why "the CRM is down"')
    .action(() => run(showAgents))
  for (const [name, status, description] of statuses) {
    agents.command(name)
      .description(description)
      .argument('<agent>', 'its name; `mesh agents` lists them')
      .requiredOption('--why <text>', 'for the audit')
      .option('--who <name>', 'for the audit; who is logged in by default')
      .addHelpText('after', `\nExample:\n  npx mesh agents ${name} crm-sync --why "the CRM is ${name === 'resume' ? 'up again' : 'down'}"`)
      .action((agent: string, flags: AskerFlags) => run(context => changeStatus(agent, status, flags, context)))
  }
}

async function showAgents ({ terminal }: CommandContext): Promise<void> {
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { listAgents } = await import('../registry.ts')
  const [registered, { pressures, problem }] = await Promise.all([listAgents(registryUrl), measuredHealth()])
  const agents = agentLines(registered, pressures)
  if (problem !== undefined && agents.length > 0) terminal.warn(`How the agents do is unknown: ${problem}`)
  if (terminal.json) return terminal.value(agents)
  if (agents.length === 0) return terminal.line('No agent is registered yet. One registers when it starts: services/agent-sdk/README.md')
  await terminal.table(agentHeadings, agentRows(agents, terminal.paint))
  await terminal.line(agentSummary(agents))
}

/** Who is registered is known without it: what can't be measured is a warning, no failure. */
async function measuredHealth (): Promise<{ readonly pressures: readonly Pressure[], readonly problem?: string }> {
  try {
    const settings = await loadSettings(['kafkaBrokers', 'schemaRegistryUrl', 'namespace'])
    const { readMeasured } = await import('../measured-topic.ts')
    const { values, newestAtMs } = await readMeasured('Pressure', settings)
    const problem = silence(newestAtMs, Date.now())
    return problem === undefined ? { pressures: values } : { pressures: [], problem }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return { pressures: [], problem: error.message }
  }
}

async function changeStatus (agent: string, status: string, flags: AskerFlags, { terminal }: CommandContext): Promise<void> {
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { setStatus } = await import('../registry.ts')
  const change = await setStatus(registryUrl, agent, status, askerOf(flags))
  return terminal.json ? terminal.value(change) : terminal.line(statusChangeLine(agent, change))
}
