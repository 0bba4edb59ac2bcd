import { Option, type Command } from 'commander'
import { once } from 'node:events'
import { loadSettings } from '../config.ts'
import { decisions, eventLine, isWanted, type EventFilter } from '../core/event-line.ts'
import { wholeNumber } from './arguments.ts'
import type { CommandContext, Runner } from './command.ts'

interface TailOptions extends EventFilter {
  readonly fromStart?: boolean
  readonly max?: number
}

export function addTail (program: Command, run: Runner): void {
  program.command('tail')
    .description('follow what the mesh decides, one line a decision, until Ctrl-C')
    .option('--agent <name>', 'only dispatches from or to this agent')
    .addOption(new Option('--decision <decision>', 'only this decision').choices(decisions))
    .option('--from-start', 'begin with the oldest record instead of the next one')
    .option('--max <events>', 'end after so many', wholeNumber(1, 1_000_000_000))
    .addHelpText('after', '\nExamples:\n  npx mesh tail --agent memory\n  npx mesh tail --decision refused --from-start --max 20\n  npx mesh tail --json | jq -r .reason')
    .action((options: TailOptions) => run(context => follow(options, context), { drains: true }))
}

async function follow (options: TailOptions, { terminal, signal }: CommandContext): Promise<void> {
  const settings = await loadSettings(['kafkaBrokers', 'schemaRegistryUrl', 'namespace'])
  const { openAuditFeed } = await import('../audit-feed.ts')
  const { quietLogger } = await import('../quiet-logger.ts')
  const enough = new AbortController()
  const ended = AbortSignal.any([signal, enough.signal])
  let shown = 0
  const feed = await openAuditFeed({
    ...settings, from: options.fromStart === true ? 'earliest' : 'latest', logger: quietLogger(),
    onUnreadable: (position, code) => terminal.warn(`The audit record ${position} can't be read (${code}).`),
    async onEvent (event) {
      if (ended.aborted || !isWanted(event, options)) return
      shown++
      if (terminal.json) await terminal.value(event, 0)
      else await terminal.line(eventLine(event, terminal.paint))
      if (shown === options.max) enough.abort()
    }
  })
  try {
    if (ended.aborted) return
    terminal.warn(`Following ${feed.topic}; Ctrl-C ends it.`)
    if (!ended.aborted) await once(ended, 'abort')
  } finally {
    await feed.close()
  }
}
