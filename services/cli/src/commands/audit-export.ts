import type { Command } from 'commander'
import { loadSettings } from '../config.ts'
import { CliError } from '../errors.ts'
import { instant } from './arguments.ts'
import type { CommandContext, Runner } from './command.ts'

interface ExportFlags {
  readonly from: number
  readonly to?: number
  readonly out: string
  readonly checkpoint?: readonly string[]
}

export function addAuditExport (audit: Command, run: Runner): void {
  audit.command('export')
    .description('write the events of a time into a bundle that proves itself: events, hashes, checkpoint, public key')
    .requiredOption('--from <time>', 'events from then on: 90s, 30m, 2h, 7d ago, or an ISO time', instant)
    .option('--to <time>', 'up to then, not including it; now by default', instant)
    .requiredOption('--out <file>', 'file to write; it appears once it is whole')
    .option('--checkpoint <path...>', 'checkpoints, folders or bundles that the auditor has: prove that they are of this history')
    .addHelpText('after', '\nThe bundle is newline-delimited JSON; services/evidence/README.md has its format.\n\nExamples:\n  npx mesh audit export --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --out november.bundle\n  npx mesh audit export --from 24h --out day.bundle --checkpoint last-month.bundle')
    .action((flags: ExportFlags) => run(context => exportBundle(flags, context)))
}

async function exportBundle ({ from, to = Date.now(), out, checkpoint = [] }: ExportFlags, { terminal, signal }: CommandContext): Promise<void> {
  if (from >= to) throw new CliError('RANGE_INVALID', `--from (${new Date(from).toISOString()}) is not before --to (${new Date(to).toISOString()}).`)
  const settings = await loadSettings(['databaseUrl', 'auditSchema'])
  const { writeBundle } = await import('../audit-bundle.ts')
  const written = await writeBundle(settings, {
    fromMs: from, toMs: to, out, known: checkpoint, signal,
    onProgress: (done, of) => terminal.progress(`${done.toLocaleString('en')} of ${of.toLocaleString('en')} events`)
  })
  terminal.progress(undefined)
  if (terminal.json) return terminal.value({ out, from: new Date(from).toISOString(), to: new Date(to).toISOString(), ...written })
  await terminal.line(`${out}: ${written.events.toLocaleString('en')} events in ${written.lines.toLocaleString('en')} lines. \`npx mesh audit verify ${out}\` checks it.`)
}
