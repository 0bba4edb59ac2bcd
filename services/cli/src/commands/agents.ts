import type { Command } from 'commander'
import { loadSettings } from '../config.ts'
import { agentHeadings, agentRows, agentSummary } from '../core/agent-rows.ts'
import type { CommandContext, Runner } from './command.ts'

export function addAgents (program: Command, run: Runner): void {
  program.command('agents')
    .description('list the registered agents, each by its current version')
    .addHelpText('after', '\nExamples:\n  npx mesh agents\n  npx mesh agents --json | jq -r \'.[].name\'')
    .action(() => run(showAgents))
}

async function showAgents ({ terminal }: CommandContext): Promise<void> {
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { listAgents } = await import('../registry.ts')
  const agents = await listAgents(registryUrl)
  if (terminal.json) return terminal.value(agents)
  if (agents.length === 0) return terminal.line('No agent is registered yet. One registers when it starts: services/agent-sdk/README.md')
  await terminal.table(agentHeadings, agentRows(agents, terminal.paint))
  await terminal.line(agentSummary(agents))
}
