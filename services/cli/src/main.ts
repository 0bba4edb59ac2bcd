// The command line of the mesh: composition only; each command is a file in commands/.
import { Command } from 'commander'
import { addAgents } from './commands/agents.ts'
import { addAudit } from './commands/audit.ts'
import { addCall } from './commands/call.ts'
import { addCircuits } from './commands/circuits.ts'
import type { Runner } from './commands/command.ts'
import { addDeadLetters } from './commands/dead-letters.ts'
import { addKeys } from './commands/keys.ts'
import { addPressure } from './commands/pressure.ts'
import { addQuotas } from './commands/quotas.ts'
import { addReplay } from './commands/replay.ts'
import { addTail } from './commands/tail.ts'
import { addTopics } from './commands/topics.ts'
import { addTrace } from './commands/trace.ts'
import { addWhy } from './commands/why.ts'
import { debugLevel, wantsColors } from './config.ts'
import { explain } from './explain.ts'
import { openTerminal } from './terminal.ts'

const program = new Command('mesh')
  .description('Looks into a running mesh of agents, and asks it for things.')
  .option('--json', 'answer as JSON, for programs')
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError('Add --help for what it takes and an example.')
  .addHelpText('after', `
Examples:
  npx mesh agents                                  who is there, and what each offers
  npx mesh topics                                  what lies where, and who is behind
  npx mesh tail                                    what is decided, as it happens
  npx mesh trace 0f1e2d3c4b5a                      what happened, hop by hop
  npx mesh why 0f1e2d3c4b5a                        why a dispatch went the way it did, and how long it took
  npx mesh call memory_lookup '{"leadId":"l-1"}'   ask for something
  npx mesh quotas                                  who may send how much, and who is over it
  npx mesh pressure                                who is behind with what
  npx mesh circuits                                who is cut off for now, and why
  npx mesh dead-letters                            what could not be processed
  npx mesh keys                                    who signs with what
  npx mesh audit search --agent crm-sync           what was kept of what happened
  npx mesh audit export --from 7d --out w.bundle   take evidence out of the archive
  npx mesh audit hold list                         what of the archive may not be dropped
  npx mesh audit completeness --from 24h           is everything in the archive
  npx mesh replay --from 1h --out events.ndjson    what was decided, again
  npx mesh agents pause crm-sync --why "…"         let what is for an agent wait

It looks at the mesh that \`npm start\` runs on this machine, unless the environment names another.`)

const run: Runner = async (action, options = {}) => {
  const terminal = openTerminal({ json: program.opts<{ json?: boolean }>().json === true, colors: wantsColors(process.stdout.isTTY === true) })
  const interrupt = new AbortController()
  // Once: a second Ctrl-C ends a drain that takes too long.
  if (options.drains === true) for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())
  try {
    await action({ terminal, signal: AbortSignal.any([interrupt.signal, terminal.closed]) })
  } catch (error) {
    process.exitCode = 1
    terminal.warn(explain(error, { json: terminal.json, isDebug: debugLevel() !== undefined }))
  }
}

const looking = [addAgents, addTopics, addTrace, addWhy, addCall, addTail, addQuotas, addPressure, addCircuits, addDeadLetters, addKeys]
for (const add of [...looking, addAudit, addReplay]) add(program, run)
await program.parseAsync()
