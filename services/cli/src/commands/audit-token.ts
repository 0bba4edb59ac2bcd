import { type Command, InvalidArgumentError, Option } from 'commander'
import { askerOf } from '../asker.ts'
import { loadSettings } from '../config.ts'
import { durationMs } from '../core/since.ts'
import { CliError } from '../errors.ts'
import type { CommandContext, Runner } from './command.ts'

interface TokenFlags {
  readonly role: 'auditor' | 'owner'
  readonly team?: string
  readonly for: number
  readonly who?: string
}

const validMsMax = 30 * 86_400_000

export function addAuditToken (audit: Command, run: Runner): void {
  audit.command('token')
    .description('make a token for the audit API of this machine')
    .addOption(new Option('--role <role>', 'auditor: reads all; owner: what its team\'s agents sent or got').choices(['auditor', 'owner']).makeOptionMandatory())
    .option('--team <team>', 'of an owner: its team, as registered')
    .option('--for <duration>', 'how long it is valid: 15m, 1h, 7d; 30d at most', parseValidity, 3_600_000)
    .option('--who <name>', 'whom the records of queries name; who is logged in by default')
    .addHelpText('after', `
The first time it makes a key pair in MESH_AUDIT_KEYS_FOLDER: token.pem (yours alone; whoever has it can read the whole archive) and jwks.json, which
the audit API reads. Where people have accounts, let their identity provider issue the tokens and give the audit API its public keys.

Examples:
  export MESH_AUDIT_TOKEN=$(npx mesh audit token --role auditor)
  npx mesh audit token --role owner --team sales --for 15m`)
    .action((flags: TokenFlags) => run(context => token(flags, context)))
}

async function token ({ role, team, for: validMs, who }: TokenFlags, { terminal }: CommandContext): Promise<void> {
  if (role === 'owner' && team === undefined) throw new CliError('TOKEN_NOT_MADE', 'An owner has a team.', { next: 'Add --team, or --role auditor.' })
  const { auditKeysFolder, auditIssuer, auditAudience } = await loadSettings(['auditKeysFolder', 'auditIssuer', 'auditAudience'])
  const { makeToken } = await import('../audit-token.ts')
  const subject = askerOf(who === undefined ? {} : { who }).who
  const made = await makeToken({ folder: auditKeysFolder, issuer: auditIssuer, audience: auditAudience, subject, role, team: role === 'owner' ? team : undefined, validMs, nowMs: Date.now() })
  if (made.isNewKey) terminal.warn(`A key pair was made in ${auditKeysFolder}; token.pem is the secret half.`)
  if (terminal.json) return terminal.value({ token: made.token, who: subject, role, team: role === 'owner' ? team : null, expiresAt: made.expiresAt })
  // Alone on standard output, so that a shell can take it.
  await terminal.line(made.token)
}

function parseValidity (text: string): number {
  const ms = durationMs(text)
  if (ms === undefined || ms < 1_000 || ms > validMsMax) throw new InvalidArgumentError('It is a number with s, m, h or d, at most 30d.')
  return ms
}
