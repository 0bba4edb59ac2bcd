import type { Command } from 'commander'
import { loadSettings } from '../config.ts'
import { completenessHeadings, completenessLines, completenessRows } from '../core/completeness-rows.ts'
import { CliError } from '../errors.ts'
import { openProgress } from '../progress-line.ts'
import { auditRange, zonedInstant, type RangeFlags } from './arguments.ts'
import type { CommandContext, Runner } from './command.ts'

export function addAuditCompleteness (audit: Command, run: Runner): void {
  audit.command('completeness')
    .description('count the committed records of the ingress topics against the archive, and name what is missing')
    .requiredOption('--from <time>', 'records appended from then on: 2h, 7d, 2026-11-22, or an ISO time with its zone', zonedInstant)
    .option('--to <time>', 'and before that; now if left out', zonedInstant)
    .addHelpText('after', '\nExamples:\n  npx mesh audit completeness --from 24h\n  npx mesh audit completeness --from 2026-11-21 --to 2026-11-22 --json | jq .completeness\n\n' +
      'It exits 1 unless the answer is 1.0 and certain. What was decided and is not archived yet, or not decided yet, does not count against it.')
    .action((flags: RangeFlags) => run(context => showCompleteness(flags, context)))
}

async function showCompleteness (flags: RangeFlags, { terminal, signal }: CommandContext): Promise<void> {
  const range = auditRange(flags)
  const settings = await loadSettings(['kafkaBrokers', 'schemaRegistryUrl', 'namespace', 'databaseUrl', 'auditSchema'])
  const { countCompleteness } = await import('../completeness.ts')
  const line = openProgress(!terminal.json)
  const report = await countCompleteness(settings, range, ({ day, ingressOffsets, archivedRows }) => {
    line.show(archivedRows === 0 ? `${day}: ${ingressOffsets} offsets of the ingress topics read` : `${day}: ${archivedRows} rows of the archive read`)
  }, signal).finally(line.end)
  for (const note of report.notes) terminal.warn(note)
  if (terminal.json) await terminal.value(report)
  else {
    await terminal.table(completenessHeadings, completenessRows(report.partitions, terminal.paint))
    await terminal.line(completenessLines(report, terminal.paint).join('\n'))
  }
  if (!report.isComplete) throw new CliError('NOT_COMPLETE', report.sum.isComplete ? 'Part of the range is not known.' : 'The archive is not what the ingress topics say.')
}
