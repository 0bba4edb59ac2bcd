import { Option, type Command } from 'commander'
import { askerOf, type AskerFlags } from '../asker.ts'
import { loadSettings } from '../config.ts'
import { deadLetterFacts, deadLetterHeadings, deadLetterRows, deadLetterStates, type DeadLetterFilter } from '../core/dead-letter-rows.ts'
import { readableText } from '../core/printable.ts'
import { CliError } from '../errors.ts'
import { deadLetterPlace, instant, wholeNumber } from './arguments.ts'
import type { CommandContext, Runner } from './command.ts'

interface ListFlags extends Omit<DeadLetterFilter, 'sinceMs'> {
  readonly since?: number
  readonly max: number
}

const listMax = 1_000

export function addDeadLetters (program: Command, run: Runner): void {
  const letters = program.command('dead-letters')
    .description('look at what the mesh could not process, send it again, or discard it')
    .addHelpText('after', '\nExamples:\n  npx mesh dead-letters list --agent crm-sync --since 2h\n  npx mesh dead-letters show 0/12\n  npx mesh dead-letters redrive 0/12 --why "the CRM is mended"\n  npx mesh dead-letters discard 0/12 --why "seen to by hand"')
  letters.command('list', { isDefault: true })
    .description('list dead letters, newest first')
    .option('--reason <code>', 'only with this reason code')
    .option('--agent <name>', 'only from or to this agent')
    .addOption(new Option('--state <state>', 'only in this state').choices(deadLetterStates))
    .option('--since <time>', 'only from then on: 90s, 30m, 2h, 7d, or an ISO time', instant)
    .option('--max <number>', 'at most so many', wholeNumber(1, listMax), 50)
    .addHelpText('after', '\nExamples:\n  npx mesh dead-letters list --state open --reason SET_ASIDE\n  npx mesh dead-letters list --json | jq -r \'.deadLetters[].place\'')
    .action((flags: ListFlags) => run(context => list(flags, context)))
  letters.command('show')
    .description('show what is known of one; its content only if asked for')
    .argument('<place>', 'PARTITION/OFFSET, as listed', deadLetterPlace)
    .option('--payload', 'print the content, too')
    .addHelpText('after', '\nExamples:\n  npx mesh dead-letters show 0/12\n  npx mesh dead-letters show 0/12 --payload --json | jq -r .payload.base64 | base64 -d')
    .action((place: string, flags: { payload?: boolean }) => run(context => show(place, flags.payload === true, context)))
  letters.command('redrive')
    .description('send the dispatch again under its own id, through every check, with a new deadline')
    .argument('<place>', 'PARTITION/OFFSET, as listed', deadLetterPlace)
    .option('--again', 'although it was sent again or discarded before')
    .option('--why <text>', 'for the audit')
    .option('--who <name>', 'for the audit; who is logged in by default')
    .addHelpText('after', '\nExample:\n  npx mesh dead-letters redrive 0/12 --why "the CRM is mended"')
    .action((place: string, flags: AskerFlags & { again?: boolean }) => run(context => redrive(place, flags, context)))
  letters.command('discard')
    .description('say that it needs nothing more; it stays readable until retention takes it')
    .argument('<place>', 'PARTITION/OFFSET, as listed', deadLetterPlace)
    .requiredOption('--why <text>', 'for the audit')
    .option('--who <name>', 'for the audit; who is logged in by default')
    .addHelpText('after', '\nExample:\n  npx mesh dead-letters discard 0/12 --why "seen to by hand"')
    .action((place: string, flags: AskerFlags) => run(context => discard(place, flags, context)))
}

async function list ({ max, since, ...filter }: ListFlags, { terminal }: CommandContext): Promise<void> {
  const settings = await loadSettings(['kafkaBrokers', 'schemaRegistryUrl', 'namespace'])
  const { listDeadLetters, scanOffsetsMax } = await import('../dead-letters.ts')
  const { lines, isBounded, unreadableRecords } = await listDeadLetters(settings, { ...filter, sinceMs: since }, max)
  if (unreadableRecords > 0) terminal.warn(`Records of the topic that can't be read: ${unreadableRecords}.`)
  if (isBounded) terminal.warn(`Only the newest ${scanOffsetsMax} offsets of a partition were looked at.`)
  if (terminal.json) return terminal.value({ deadLetters: lines, isBounded, unreadableRecords })
  if (lines.length === 0) return terminal.line('No dead letter fits.')
  await terminal.table(deadLetterHeadings, deadLetterRows(lines, terminal.paint))
  await terminal.line(lines.length === max ? `The newest ${max}; --max shows more.` : `${lines.length} in all.`)
}

async function show (place: string, wantsPayload: boolean, { terminal }: CommandContext): Promise<void> {
  const settings = await loadSettings(['kafkaBrokers', 'schemaRegistryUrl', 'namespace'])
  const { readDeadLetter } = await import('../dead-letters.ts')
  const found = await readDeadLetter(settings, place)
  if (found === undefined) throw new CliError('DEAD_LETTER_UNKNOWN', `No dead letter lies at ${place}.`)
  const { line, content: { contentType, bytes } } = found
  if (terminal.json) return terminal.value(wantsPayload ? { ...line, payload: { contentType, base64: bytes.toString('base64') } } : line)
  await terminal.line(deadLetterFacts(line, terminal.paint).join('\n'))
  if (!wantsPayload) return
  await terminal.line(`\n${terminal.paint.faint(contentType === null ? 'value, which is no dispatch, in base64' : `payload, ${readableText(contentType)}`)}`)
  await terminal.line(contentType === null ? bytes.toString('base64') : textOf(bytes))
}

async function redrive (place: string, { again = false, ...flags }: AskerFlags & { again?: boolean }, { terminal }: CommandContext): Promise<void> {
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { redriveDeadLetter } = await import('../registry.ts')
  const answer = await redriveDeadLetter(registryUrl, place, { ...askerOf(flags), again })
  if (terminal.json) return terminal.value(answer)
  const { dispatchId, position: { topic, partition, offset } } = answer.redriven
  await terminal.line(`${place}: sent again as ${topic}/${partition}/${offset}. \`npx mesh why ${readableText(dispatchId)}\` shows what becomes of it.`)
}

async function discard (place: string, flags: AskerFlags, { terminal }: CommandContext): Promise<void> {
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { discardDeadLetter } = await import('../registry.ts')
  const change = await discardDeadLetter(registryUrl, place, askerOf(flags))
  return terminal.json ? terminal.value(change) : terminal.line(`${place}: discarded.`)
}

/** What is no text is shown in base64: a terminal is no place for bytes. */
function textOf (bytes: Buffer): string {
  try {
    return readableText(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return bytes.toString('base64')
  }
}
