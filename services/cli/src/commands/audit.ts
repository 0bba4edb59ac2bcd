// `mesh audit …`: what was kept of what the mesh did. Each subcommand is a file of its own.
import type { Command } from 'commander'
import { addAuditSearch } from './audit-search.ts'
import { addAuditToken } from './audit-token.ts'
import type { Runner } from './command.ts'

export function addAudit (program: Command, run: Runner): void {
  const audit = program.command('audit')
    .description('ask the audit archive')
    .addHelpText('after', '\nExamples:\n  export MESH_AUDIT_TOKEN=$(npx mesh audit token --role auditor)\n  npx mesh audit search --agent crm-sync --from 2h')
  for (const add of [addAuditSearch, addAuditToken]) add(audit, run)
}
