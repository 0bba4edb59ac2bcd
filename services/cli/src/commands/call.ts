import type { Command } from 'commander'
import { text as readText } from 'node:stream/consumers'
import { loadSettings } from '../config.ts'
import { printable } from '../core/printable.ts'
import { CliError } from '../errors.ts'
import { wholeNumber } from './arguments.ts'
import type { CommandContext, Runner } from './command.ts'

interface CallFlags {
  readonly priority: number
  readonly timeout: number
  readonly workflow?: string
}

const timeoutMsDefault = 30_000

export function addCall (program: Command, run: Runner): void {
  program.command('call')
    .description('ask the mesh for a capability and print the answer')
    .argument('<capability>', 'what to ask for; `mesh agents` lists what is offered')
    .argument('<json>', 'the request, as JSON; - reads it from standard input')
    .option('--priority <class>', '0 (most urgent, for people who wait) to 3', wholeNumber(0, 3), 2)
    .option('--timeout <ms>', 'how long an answer is of use', wholeNumber(1, 24 * 60 * 60 * 1_000), timeoutMsDefault)
    .option('--workflow <id>', 'conversation or job that it belongs to; a new one by default')
    .addHelpText('after', '\nExamples:\n  npx mesh call memory_lookup \'{"leadId":"l-1"}\'\n  npx mesh call take_turn - --priority 0 --timeout 5000 < turn.json\n  npx mesh call memory_lookup \'{"leadId":"l-1"}\' --json | jq -r .dispatchId')
    .action((capability: string, json: string, flags: CallFlags) => run(context => call(capability, json, flags, context), { drains: true }))
}

async function call (capability: string, json: string, flags: CallFlags, { terminal, signal }: CommandContext): Promise<void> {
  const input = parse(json === '-' ? await readText(process.stdin) : json)
  const settings = await loadSettings(['kafkaBrokers', 'schemaRegistryUrl', 'registryUrl', 'namespace', 'keysFolder'])
  const { askMesh } = await import('../caller.ts')
  const answer = await askMesh({ ...settings, capability, input, priority: flags.priority, ttlMs: flags.timeout, workflowId: flags.workflow, signal })
  if (terminal.json) return terminal.value(answer)
  await terminal.value(answer.output)
  const { answeredBy, answeredByVersion, isFallback, latencyMs, dispatchId, workflowId } = answer
  const who = answeredBy === null ? 'a fixed reply' : `${printable(answeredBy)} ${printable(answeredByVersion ?? '')}`
  terminal.warn(`${who}${isFallback ? ', given as the fallback,' : ''} answered in ${latencyMs.toFixed(0)} ms; dispatch ${dispatchId}, workflow ${printable(workflowId)}`)
}

function parse (json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new CliError('INPUT_NOT_JSON', `The request is not JSON: ${(error as Error).message}.`, { cause: error })
  }
}
