import type { Command } from 'commander'
import { addAuditCompleteness } from './audit-completeness.ts'
import { addAuditViolations } from './audit-violations.ts'
import type { Runner } from './command.ts'

export function addAudit (program: Command, run: Runner): void {
  const audit = program.command('audit')
    .description('ask the audit archive whether it is whole, and what was refused')
    .addHelpText('after', '\nExamples:\n  npx mesh audit completeness --from 24h\n  npx mesh audit violations --from 7d --by agent')
  for (const add of [addAuditCompleteness, addAuditViolations]) add(audit, run)
}
