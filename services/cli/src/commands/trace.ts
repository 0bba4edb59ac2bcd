import type { Command } from 'commander'
import { setTimeout as delay } from 'node:timers/promises'
import { loadArchiveSettings } from '../config.ts'
import { buildTrace, pendingCount, type Hop } from '@mesh/trace'
import { traceLines } from '../core/trace-lines.ts'
import { CliError } from '../errors.ts'
import type { WorkflowSource } from '../workflow-source.ts'
import { wholeNumber } from './arguments.ts'
import type { CommandContext, Runner } from './command.ts'

const pollMs = 250
const waitSecondsMax = 600

interface Found {
  readonly workflowId: string
  readonly hops: readonly Hop[]
  readonly isBounded: boolean
  readonly readFrom: 'hot' | 'archive'
  readonly warning: string | undefined
}

export function addTrace (program: Command, run: Runner): void {
  program.command('trace')
    .description('show a whole workflow, hop by hop, from the audit archive, or from its hot tier in Redis')
    .argument('<id>', 'id of any dispatch of the workflow, or of the workflow')
    .option('--wait <seconds>', 'wait until every request in it has its outcome, at most this long', wholeNumber(0, waitSecondsMax), 0)
    .addHelpText('after', '\nExamples:\n  npx mesh trace 0f1e2d3c4b5a\n  npx mesh trace 0f1e2d3c4b5a --wait 5 --json | jq \'.[] | select(.outcome != "success")\'')
    .action((id: string, options: { wait: number }) => run(context => showTrace(id, options.wait, context)))
}

async function showTrace (id: string, waitSeconds: number, { terminal }: CommandContext): Promise<void> {
  const settings = await loadArchiveSettings()
  const [{ eventsMax }, { openWorkflowSource }] = await Promise.all([import('../archive.ts'), import('../workflow-source.ts')])
  const source = openWorkflowSource(settings)
  try {
    const found = await waitForTrace(source, { id, waitMs: waitSeconds * 1_000, eventsMax })
    if (terminal.json) await terminal.value(found.hops.map(hop => ({ ...hop, readFrom: found.readFrom })))
    else await terminal.line(traceLines(found.workflowId, found.hops, id, terminal.paint).join('\n'))
    if (found.warning !== undefined) terminal.warn(found.warning)
    if (found.isBounded) terminal.warn(`Only the first ${eventsMax} events of the workflow were read.`)
    const pending = pendingCount(found.hops)
    if (waitSeconds > 0 && pending > 0) throw new CliError('TRACE_PENDING', `${pending} of its requests had no outcome in the archive after ${waitSeconds} s.`)
  } finally {
    await source.close()
  }
}

interface Wait {
  readonly id: string
  readonly waitMs: number
  readonly eventsMax: number
}

// Settled is: every request has its outcome, and nothing was added since the last look.
async function waitForTrace (source: WorkflowSource, { id, waitMs, eventsMax }: Wait): Promise<Found> {
  const untilMs = performance.now() + waitMs
  let eventsBefore = -1
  for (;;) {
    const found = await source.find(id)
    const events = found?.events ?? []
    const hops = buildTrace(events)
    const isSettled = hops.length > 0 && pendingCount(hops) === 0 && (events.length === eventsBefore || events.length >= eventsMax)
    if (isSettled || performance.now() >= untilMs) {
      if (found === undefined) throw new CliError('TRACE_UNKNOWN', `The archive knows no dispatch and no workflow with the id ${JSON.stringify(id)}.`)
      const { workflowId, readFrom, warning } = found
      return { workflowId, hops, readFrom, warning, isBounded: events.length >= eventsMax }
    }
    eventsBefore = events.length
    await delay(pollMs)
  }
}
