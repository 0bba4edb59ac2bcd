import type { Command } from 'commander'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Archive } from '../archive.ts'
import { askerOf, type AskerFlags } from '../asker.ts'
import { loadSettings } from '../config.ts'
import { holdHeadings, holdLines, holdRows } from '../core/hold-rows.ts'
import { isoTime } from '../core/iso-time.ts'
import { printable } from '../core/printable.ts'
import { CliError } from '../errors.ts'
import { holdId as holdIdArgument, instant } from './arguments.ts'
import type { CommandContext, Runner } from './command.ts'

interface AddFlags extends AskerFlags {
  readonly from: number
  readonly to: number
  readonly why: string
  readonly workflow?: string
  readonly agent?: string
  readonly id?: string
}

/** The archive follows the registry within a second, unless the archiver is away. */
const inForceMsMax = 10_000
const lookMs = 200

export function addAuditHold (audit: Command, run: Runner): void {
  const hold = audit.command('hold').description('keep the archive of some days, whatever its retention')
  hold.command('add')
    .description('begin a legal hold: no day that it touches is dropped until it is released')
    .requiredOption('--from <time>', 'first instant: an ISO time, or how long ago (90s, 30m, 2h, 7d)', instant)
    .requiredOption('--to <time>', 'last instant', instant)
    .requiredOption('--why <text>', 'for the audit')
    .option('--workflow <id>', 'what it is about; whole days are kept all the same')
    .option('--agent <name>', 'whom it is about; whole days are kept all the same')
    .option('--id <name>', 'its name; a new one by default, a known one is changed')
    .option('--who <name>', 'for the audit; who is logged in by default')
    .addHelpText('after', '\nExamples:\n  npx mesh audit hold add --from 2026-01-01 --to 2026-03-31 --agent crm-sync --why "case 42"\n  npx mesh audit hold add --id case-42 --from 30d --to 0s --why "longer"')
    .action((flags: AddFlags) => run(context => addHold(flags, context)))
  hold.command('list')
    .description('list the holds in force, as the archive knows them')
    .addHelpText('after', '\nExample:\n  npx mesh audit hold list --json')
    .action(() => run(listHolds))
  hold.command('release')
    .description('end a hold; what only it kept may be dropped at once')
    .argument('<hold>', 'its name; `mesh audit hold list` shows it', holdIdArgument)
    .requiredOption('--why <text>', 'for the audit')
    .option('--who <name>', 'for the audit; who is logged in by default')
    .addHelpText('after', '\nExample:\n  npx mesh audit hold release case-42 --why "it is settled"')
    .action((id: string, flags: AskerFlags) => run(context => releaseHold(id, flags, context)))
}

async function addHold ({ from, to, workflow, agent, id, ...flags }: AddFlags, context: CommandContext): Promise<void> {
  const holdId = id === undefined ? `h-${randomBytes(4).toString('hex')}` : holdIdArgument(id)
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { setHold } = await import('../registry.ts')
  const hold = { fromMs: Math.floor(from), toMs: Math.ceil(to), workflow: workflow ?? null, agent: agent ?? null }
  const change = await setHold(registryUrl, holdId, hold, askerOf(flags))
  const isInForce = await isArchived(change.changeId)
  return answer(context, { ...change, holdId, isInForce }, `${printable(holdId)}: nothing from ${isoTime(hold.fromMs)} to ${isoTime(hold.toMs)} is dropped`)
}

async function releaseHold (holdId: string, flags: AskerFlags, context: CommandContext): Promise<void> {
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { releaseHold: release } = await import('../registry.ts')
  const change = await release(registryUrl, holdId, askerOf(flags))
  for (const warning of change.warnings) context.terminal.warn(warning)
  const isInForce = await isArchived(change.changeId)
  return answer(context, { ...change, holdId, isInForce }, `${printable(holdId)}: released`)
}

interface Answer { readonly isChanged: boolean, readonly isInForce: boolean }

async function answer<V extends Answer> ({ terminal }: CommandContext, value: V, text: string): Promise<void> {
  if (terminal.json) await terminal.value(value)
  else await terminal.line(value.isChanged ? text : `${text}, as before; nothing was changed.`)
  if (!value.isInForce) throw new CliError('NOT_IN_FORCE', `It is recorded, but the archive has not taken it over within ${inForceMsMax / 1_000} s.`)
}

async function listHolds ({ terminal }: CommandContext): Promise<void> {
  const lines = await withArchive(async archive => holdLines(await archive.holds()))
  if (terminal.json) return terminal.value(lines)
  return lines.length > 0 ? terminal.table(holdHeadings, holdRows(lines)) : terminal.line('Nothing is held.')
}

/** What the archiver obeys is what it has archived. */
async function isArchived (changeId: string | null): Promise<boolean> {
  if (changeId === null) return true
  return withArchive(async archive => {
    for (const untilMs = performance.now() + inForceMsMax; performance.now() < untilMs; await delay(lookMs)) if (await archive.hasChange(changeId)) return true
    return false
  })
}

async function withArchive<T> (work: (archive: Archive) => Promise<T>): Promise<T> {
  const settings = await loadSettings(['databaseUrl', 'auditSchema'])
  const { openArchive } = await import('../archive.ts')
  const archive = await openArchive(settings)
  try {
    return await work(archive)
  } finally {
    await archive.close()
  }
}
