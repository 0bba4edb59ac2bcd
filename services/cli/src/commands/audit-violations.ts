import { Option, type Command } from 'commander'
import { loadSettings } from '../config.ts'
import { violationGroups, violationHeadings, violationRows, type ViolationGroup } from '../core/violations.ts'
import { auditRange, zonedInstant, type RangeFlags } from './arguments.ts'
import type { CommandContext, Runner } from './command.ts'

interface ViolationFlags extends RangeFlags { readonly by?: ViolationGroup }

export function addAuditViolations (audit: Command, run: Runner): void {
  audit.command('violations')
    .description('count what was refused, by reason and by the agent that sent it')
    .requiredOption('--from <time>', 'decided from then on: 2h, 7d, 2026-11-22, or an ISO time with its zone', zonedInstant)
    .option('--to <time>', 'and before that; now if left out', zonedInstant)
    .addOption(new Option('--by <what>', 'only by reason, or only by agent').choices(violationGroups))
    .addHelpText('after', '\nExamples:\n  npx mesh audit violations --from 24h\n  npx mesh audit violations --from 2026-11-01 --to 2026-12-01 --by agent\n  npx mesh audit violations --from 7d --json | jq \'.violations[] | select(.reason == "UNDECLARED_DEPENDENCY")\'')
    .action((flags: ViolationFlags) => run(context => showViolations(flags, context)))
}

async function showViolations ({ by, ...flags }: ViolationFlags, { terminal }: CommandContext): Promise<void> {
  const range = auditRange(flags)
  const settings = await loadSettings(['databaseUrl', 'auditSchema'])
  const { countViolations, violationsMax } = await import('../violations.ts')
  const { violations, refused } = await countViolations(settings, range, by)
  if (violations.length === violationsMax) terminal.warn(`Only the ${violationsMax} most frequent are listed.`)
  if (terminal.json) return terminal.value({ violations, refused })
  if (violations.length === 0) return terminal.line('Nothing was refused.')
  await terminal.table(violationHeadings(by), violationRows(violations, by, terminal.paint))
  await terminal.line(`${refused} refused in all.`)
}
