import { InvalidArgumentError, type Command } from 'commander'
import { resolve } from 'node:path'
import { loadSettings } from '../config.ts'
import { filterFields, parseFilter } from '../core/event-filter.ts'
import { isoTime } from '../core/iso-time.ts'
import { isMeshTopic } from '../core/live-topic.ts'
import { CliError } from '../errors.ts'
import { openProgress } from '../progress-line.ts'
import type { ReplayTarget } from '../replay.ts'
import { auditRange, zonedInstant, type RangeFlags } from './arguments.ts'
import type { CommandContext, Runner } from './command.ts'

interface ReplayFlags extends RangeFlags {
  readonly filter?: string
  readonly speed: number
  readonly toTopic?: string
  readonly out?: string
  readonly state?: string
  readonly resume?: boolean
  readonly intoLiveMesh?: boolean
}

export function addReplay (program: Command, run: Runner): void {
  program.command('replay')
    .description('tell audit events again, in time order, from the topic while it has them and from the archive before that')
    .requiredOption('--from <time>', 'decided from then on: 2h, 7d, 2026-11-22, or an ISO time with its zone', zonedInstant)
    .option('--to <time>', 'and before that; now if left out', zonedInstant)
    .option('--filter <expression>', 'only what fits: FIELD=VALUE, != < <= > >=, and, or, brackets')
    .option('--speed <n>', 'times as fast as it was, or max', speed, Infinity)
    .option('--to-topic <topic>', 'into a topic, each event as an AuditStory of its own')
    .option('--out <file>', 'into a file, a line of JSON each: { key, event }')
    .option('--state <file>', 'where it keeps how far it has come; beside the output if left out')
    .option('--resume', 'go on where an earlier one stopped')
    .option('--into-live-mesh', 'although the topic is one of a mesh')
    .addHelpText('after', '\nExamples:\n  npx mesh replay --from 1h --filter "decision=refused and source=lead-bot"\n  npx mesh replay --from 2026-11-01 --to 2026-11-02 --out events.ndjson\n' +
      '  npx mesh replay --from 7d --to-topic analytics.audit-again --speed 100 --resume\n\n' +
      `A file gets each event exactly once, a topic at least once: eventId tells the repeats.\nFields: ${filterFields.join(', ')}.`)
    .action((flags: ReplayFlags) => run(context => runReplay(flags, context), { drains: true }))
}

async function runReplay (flags: ReplayFlags, { terminal, signal }: CommandContext): Promise<void> {
  const range = auditRange(flags)
  const target = targetOf(flags, text => terminal.line(text))
  const parsed = flags.filter === undefined ? { filter: () => true } : parseFilter(flags.filter)
  if ('problem' in parsed) throw new CliError('FILTER_INVALID', `The filter: ${parsed.problem}.`)
  const settings = await loadSettings(['kafkaBrokers', 'schemaRegistryUrl', 'namespace', 'databaseUrl', 'auditSchema'])
  const { replay } = await import('../replay.ts')
  const line = openProgress(!terminal.json)
  const report = await replay({
    settings, range, filter: parsed.filter, filterText: flags.filter ?? null, speed: flags.speed, target, signal,
    statePath: statePathOf(flags, target), isResumed: flags.resume === true,
    onProgress ({ events, atMs, range: { fromMs, toMs } }) {
      const share = Math.min(1, Math.max(0, (atMs - fromMs) / (toMs - fromMs)))
      line.show(`${'#'.repeat(Math.floor(share * 20)).padEnd(20, '.')} ${Math.floor(share * 100)} %  ${events} events, at ${isoTime(atMs)}`)
    },
    onUnreadable: (position, code) => terminal.warn(`The audit record ${position} can't be read (${code}).`)
  }).finally(line.end)
  const summary = `${report.events} events${report.isDone ? '' : ' so far; --resume goes on'}: ${report.fromArchive} from the archive and ${report.fromTopic} from the topic in this run, ${report.leftOut} left out by the filter; seam ${report.seam}`
  if (target.kind === 'stream') return terminal.warn(summary)
  return terminal.json ? terminal.value(report) : terminal.line(summary)
}

function targetOf ({ toTopic, out, intoLiveMesh, resume, state }: ReplayFlags, line: (text: string) => Promise<void>): ReplayTarget {
  if (toTopic !== undefined && out !== undefined) throw new CliError('REPLAY_REFUSED', 'It goes to a topic or to a file, not to both.')
  if (out !== undefined) return { kind: 'file', path: resolve(out) }
  if (toTopic === undefined) {
    if (resume === true || state !== undefined) throw new CliError('REPLAY_REFUSED', 'Standard output can\'t be resumed.', { next: 'Name a file with --out, or a topic with --to-topic.' })
    return { kind: 'stream', line }
  }
  if (isMeshTopic(toTopic) && intoLiveMesh !== true) {
    throw new CliError('REPLAY_REFUSED', `${toTopic} is a topic of a mesh: what is written there is taken for what the mesh decided.`, { next: 'Name a topic of your own; or add --into-live-mesh if the mesh is one that nobody lives in.' })
  }
  return { kind: 'topic', topic: toTopic }
}

function statePathOf ({ state }: ReplayFlags, target: ReplayTarget): string | undefined {
  if (target.kind === 'stream') return undefined
  if (state !== undefined) return resolve(state)
  return target.kind === 'file' ? `${target.path}.replay.json` : resolve(`${target.topic}.replay.json`)
}

function speed (text: string): number {
  if (text === 'max') return Infinity
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a number above 0, or max.')
}
