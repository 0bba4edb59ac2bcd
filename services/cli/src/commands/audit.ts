// `mesh audit`: what the archive as a whole can be asked; each subcommand is a file of its own.
import type { Command } from 'commander'
import { addAuditExport } from './audit-export.ts'
import { addAuditHold } from './audit-hold.ts'
import { addAuditVerify } from './audit-verify.ts'
import type { Runner } from './command.ts'

export function addAudit (program: Command, run: Runner): void {
  const audit = program.command('audit')
    .description('the audit archive: take evidence out of it, check it, keep what may not be dropped')
    .addHelpText('after', '\nExamples:\n  npx mesh audit export --from 7d --out week.bundle\n  npx mesh audit verify week.bundle --key archive.key\n  npx mesh audit hold list')
  for (const add of [addAuditExport, addAuditVerify, addAuditHold]) add(audit, run)
}
