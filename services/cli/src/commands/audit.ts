// `mesh audit`: what the archive as a whole can be asked; each subcommand is a file of its own.
import type { Command } from 'commander'
import { addAuditCompleteness } from './audit-completeness.ts'
import { addAuditExport } from './audit-export.ts'
import { addAuditHold } from './audit-hold.ts'
import { addAuditSearch } from './audit-search.ts'
import { addAuditToken } from './audit-token.ts'
import { addAuditVerify } from './audit-verify.ts'
import { addAuditViolations } from './audit-violations.ts'
import type { Runner } from './command.ts'

export function addAudit (program: Command, run: Runner): void {
  const audit = program.command('audit')
    .description('the audit archive: search it; is it whole, what was refused; take evidence out of it and check it; keep what may not be dropped')
    .addHelpText('after', `
Examples:
  export MESH_AUDIT_TOKEN=$(npx mesh audit token --role auditor)
  npx mesh audit search --agent crm-sync --from 2h
  npx mesh audit completeness --from 24h
  npx mesh audit violations --from 7d --by agent
  npx mesh audit export --from 7d --out week.bundle
  npx mesh audit verify week.bundle --key archive.key
  npx mesh audit hold list`)
  for (const add of [addAuditSearch, addAuditToken, addAuditCompleteness, addAuditViolations, addAuditExport, addAuditVerify, addAuditHold]) add(audit, run)
}
