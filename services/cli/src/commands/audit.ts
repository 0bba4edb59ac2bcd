// What is asked of the audit archive as a whole; each subcommand is a file of its own.
import type { Command } from 'commander'
import { addAuditHold } from './audit-hold.ts'
import type { Runner } from './command.ts'

export function addAudit (program: Command, run: Runner): void {
  const audit = program.command('audit').description('look after the audit archive')
  for (const add of [addAuditHold]) add(audit, run)
}
