import type { Command } from 'commander'
import { loadSettings } from '../config.ts'
import { isSettled, whyOf, type WhyEvent } from '../core/why.ts'
import { whyLines } from '../core/why-lines.ts'
import { CliError } from '../errors.ts'
import type { CommandContext, Runner } from './command.ts'

interface Asked<T> {
  readonly answer: T | undefined
  readonly problem: unknown
}

interface Archived {
  readonly events: readonly WhyEvent[]
  readonly archivedTo: ReadonlyMap<number, number>
  readonly isWorkflow: boolean
}

export function addWhy (program: Command, run: Runner): void {
  program.command('why')
    .description('explain what became of a dispatch: each decision, what it was made from, and where time went')
    .argument('<dispatch-id>', 'its id; `mesh tail` and `mesh trace` show ids')
    .addHelpText('after', '\nExamples:\n  npx mesh why 0f1e2d3c4b5a\n  npx mesh why 0f1e2d3c4b5a --json | jq \'.decisions[] | {decision, reason}\'\n\nIt asks the archive, and of what is not archived yet the audit topic.')
    .action((id: string) => run(context => explainDispatch(id, context)))
}

async function explainDispatch (id: string, { terminal }: CommandContext): Promise<void> {
  const archived = await attempt(() => readArchive(id))
  const own = (archived.answer?.events ?? []).filter(({ dispatchId }) => dispatchId === id)
  const isComplete = own.length > 0 && isSettled(own)
  const scanned = isComplete ? { answer: undefined, problem: undefined } : await attempt(() => readTopic(id, archived.answer?.archivedTo ?? new Map()))
  const why = whyOf(id, [...archived.answer?.events ?? [], ...scanned.answer?.events ?? []], Date.now())
  if (why === undefined) throw unknownDispatch(id, archived, scanned)
  if (archived.problem !== undefined) terminal.warn(archiveAway(archived.problem))
  if (scanned.problem !== undefined) terminal.warn(`What is not archived yet can't be seen: ${(scanned.problem as Error).message}`)
  return terminal.json ? terminal.value(why) : terminal.line(whyLines(why, terminal.paint).join('\n'))
}

async function readArchive (id: string): Promise<Archived> {
  const settings = await loadSettings(['databaseUrl', 'auditSchema', 'namespace'])
  const { openArchive } = await import('../archive.ts')
  const archive = await openArchive(settings)
  try {
    const events = await archive.storyOf(id)
    const archivedTo = await archive.archivedTo(`${settings.namespace}.audit`)
    return { events, archivedTo, isWorkflow: events.length === 0 && await archive.workflowOf(id) !== undefined }
  } finally {
    await archive.close()
  }
}

async function readTopic (id: string, archivedTo: ReadonlyMap<number, number>): Promise<{ readonly events: readonly WhyEvent[], readonly isBounded: boolean }> {
  const settings = await loadSettings(['kafkaBrokers', 'schemaRegistryUrl', 'namespace'])
  const { scanAudit } = await import('../audit-scan.ts')
  return scanAudit(settings, id, archivedTo)
}

/** Only what the person can mend is a problem; a fault of the command itself ends it. */
async function attempt<T> (ask: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { answer: await ask(), problem: undefined }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return { answer: undefined, problem: error }
  }
}

const archiveAway = (problem: unknown): string => `The archive can't be asked: ${(problem as Error).message}`

function unknownDispatch (id: string, archived: Asked<Archived>, scanned: Asked<{ readonly isBounded: boolean }>): unknown {
  if (archived.answer?.isWorkflow === true) {
    return new CliError('DISPATCH_UNKNOWN', `${JSON.stringify(id)} is a workflow, not a dispatch.`, { next: `npx mesh trace ${id} shows its dispatches.` })
  }
  if (archived.problem !== undefined && scanned.problem !== undefined) return archived.problem
  const rest = scanned.answer?.isBounded === true ? ' Not all of what is not archived yet was looked at.' : ''
  if (archived.problem !== undefined) {
    return new CliError('DISPATCH_UNKNOWN', `The audit topic has no dispatch with the id ${JSON.stringify(id)}.${rest} ${archiveAway(archived.problem)}`)
  }
  const topic = scanned.problem === undefined ? ', nor has what is not archived yet' : `; what is not archived yet can't be seen: ${(scanned.problem as Error).message}`
  return new CliError('DISPATCH_UNKNOWN', `The archive knows no dispatch with the id ${JSON.stringify(id)}${topic.replace(/\.$/, '')}.${rest}`)
}
