import type { Command } from 'commander'
import { askerOf, type AskerFlags } from '../asker.ts'
import { loadSettings } from '../config.ts'
import { quotaChangeLine } from '../core/change-line.ts'
import { quotaHeadings, quotaLines, quotaRows, roleSummary } from '../core/quota-rows.ts'
import { agentQuotaId, positiveNumber, quotaId, wholeNumber } from './arguments.ts'
import type { CommandContext, Runner } from './command.ts'

interface SetFlags extends AskerFlags {
  readonly rate: number
  readonly burst?: number
  readonly waitingMax?: number
}

const recordsMax = 1_000_000

export function addQuotas (program: Command, run: Runner): void {
  const quotas = program.command('quotas')
    .description('list what each source may dispatch, and what it uses of that')
    .addHelpText('after', '\nExamples:\n  npx mesh quotas\n  npx mesh quotas --json | jq \'.sources[] | select(.backlogRecords > 0)\'\n  npx mesh quotas set agent/crm-sync --rate 20 --why "campaign of May"\n  npx mesh quotas unset agent/crm-sync')
    .action(() => run(showQuotas))
  quotas.command('set')
    .description('set the quota of an agent or of a role, from now on')
    .argument('<quota>', 'agent/NAME or role/ROLE', quotaId)
    .requiredOption('--rate <number>', 'requests and events per second', positiveNumber)
    .option('--burst <dispatches>', 'how many may go at once after a pause; one second\'s worth by default', wholeNumber(1, recordsMax))
    .option('--waiting-max <dispatches>', 'how many over the rate may wait, more are refused; 100,000 by default', wholeNumber(0, recordsMax))
    .option('--why <text>', 'for the audit')
    .option('--who <name>', 'for the audit; who is logged in by default')
    .addHelpText('after', '\nExamples:\n  npx mesh quotas set agent/crm-sync --rate 20 --burst 5 --why "campaign of May"\n  npx mesh quotas set role/bot --rate 150')
    .action((id: string, flags: SetFlags) => run(context => set(id, flags, context)))
  quotas.command('unset')
    .description('give an agent its role\'s quota again')
    .argument('<quota>', 'agent/NAME', agentQuotaId)
    .option('--why <text>', 'for the audit')
    .option('--who <name>', 'for the audit; who is logged in by default')
    .addHelpText('after', '\nExample:\n  npx mesh quotas unset agent/crm-sync --why "the campaign is over"')
    .action((id: string, flags: AskerFlags) => run(context => unset(id, flags, context)))
}

async function showQuotas ({ terminal }: CommandContext): Promise<void> {
  const { registryUrl, redisUrl, namespace } = await loadSettings(['registryUrl', 'redisUrl', 'namespace'])
  const { listAgents, listQuotas } = await import('../registry.ts')
  const { readUsage } = await import('../quota-usage.ts')
  const [quotas, agents, usage] = await Promise.all([listQuotas(registryUrl), listAgents(registryUrl), readUsage(redisUrl, namespace)])
  const nowMs = Date.now()
  const sources = quotaLines({ quotas, agents, usage, nowMs })
  const problem = 'problem' in usage ? usage.problem : null
  if (problem !== null) terminal.warn(`What is used is unknown, Redis does not say it: ${problem}`)
  if (terminal.json) return terminal.value({ sources, roles: quotas.filter(({ quotaId }) => quotaId.startsWith('role/')), usageProblem: problem })
  if (sources.length > 0) await terminal.table(quotaHeadings, quotaRows(sources, nowMs, terminal.paint))
  else await terminal.line('No agent has a quota of its own, and none has sent lately.')
  await terminal.line(roleSummary(quotas))
}

async function set (id: string, { rate, burst, waitingMax, ...asker }: SetFlags, { terminal }: CommandContext): Promise<void> {
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { setQuota } = await import('../registry.ts')
  const change = await setQuota(registryUrl, id, { ratePerS: rate, burst, outstandingMax: waitingMax }, askerOf(asker))
  for (const warning of change.warnings) terminal.warn(warning)
  return terminal.json ? terminal.value(change) : terminal.line(quotaChangeLine(id, change))
}

async function unset (id: string, asker: AskerFlags, { terminal }: CommandContext): Promise<void> {
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { unsetQuota } = await import('../registry.ts')
  const change = await unsetQuota(registryUrl, id, askerOf(asker))
  for (const warning of change.warnings) terminal.warn(warning)
  return terminal.json ? terminal.value(change) : terminal.line(quotaChangeLine(id, change))
}
