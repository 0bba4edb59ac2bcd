import type { Command } from 'commander'
import { bundleReportLines } from '../core/bundle-report.ts'
import { CliError } from '../errors.ts'
import type { CommandContext, Runner } from './command.ts'

interface VerifyFlags {
  readonly key?: string
  readonly checkpoint?: readonly string[]
}

export function addAuditVerify (audit: Command, run: Runner): void {
  audit.command('verify')
    .description('check a bundle with nothing else: no broker, no database; names the first event that is wrong')
    .argument('<bundle>', 'file that `mesh audit export` wrote')
    .option('--key <file>', 'the archive\'s public key, from elsewhere than the bundle: a file, or NAME+ID+BASE64 itself')
    .option('--checkpoint <path...>', 'checkpoints, folders or bundles that were seen earlier, or by somebody else: they must be of the same history')
    .addHelpText('after', '\nIt exits 0 where nothing is wrong, else 1. The codes are in services/evidence/README.md.\n\nExamples:\n  npx mesh audit verify november.bundle --key archive.key --checkpoint /mnt/checkpoints\n  npx mesh audit verify mine.bundle --checkpoint theirs.bundle\n  npx mesh audit verify november.bundle --json | jq \'.findings[0]\'')
    .action((bundle: string, flags: VerifyFlags) => run(context => verify(bundle, flags, context)))
}

async function verify (bundle: string, { key, checkpoint = [] }: VerifyFlags, { terminal }: CommandContext): Promise<void> {
  const { checkBundle } = await import('../bundle-verification.ts')
  const report = await checkBundle(bundle, { key, known: checkpoint, onProgress: part => terminal.progress(`${Math.floor(part * 100)} % read`) })
  terminal.progress(undefined)
  if (terminal.json) await terminal.value({ ...report, isKeyTrusted: key !== undefined })
  else await terminal.line(bundleReportLines(report, key !== undefined, terminal.paint).join('\n'))
  if (report.isWhole) return
  const count = report.findings.length + report.findingsOmitted
  throw new CliError('BUNDLE_REFUSED', `${bundle} is not what was signed: ${count} ${count === 1 ? 'finding' : 'findings'}, the first is ${report.findings[0]?.code}.`)
}
