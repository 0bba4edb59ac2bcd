// What the example shows at its end: what was said, the trace of the first conversation, and how long turns took.
import pc from 'picocolors'
import { runScript } from './run-script.ts'
import type { TurnResult } from './hold-conversations.ts'

const conversationsShown = 1
const problemsShown = 5
/** How long the trace waits for the archive, which follows the conversation by less than a second. */
const archiveWaitSeconds = 15

/** Answers whether every turn was answered and the trace could be shown. */
export async function reportExample (results: readonly TurnResult[], environment: Readonly<Record<string, string>>): Promise<boolean> {
  const shown = [...new Set(results.map(({ conversationId }) => conversationId))].slice(0, conversationsShown)
  let complete = true
  for (const conversationId of shown) {
    const turns = results.filter(result => result.conversationId === conversationId)
    console.log('')
    for (const { text, reply, problem } of turns) {
      console.log(`${pc.cyan('person')}  ${text}`)
      console.log(`${pc.green('mesh')}    ${reply ?? pc.red(`no answer: ${problem}`)}`)
    }
    const workflowId = turns.find(turn => turn.workflowId !== undefined)?.workflowId
    if (workflowId === undefined) continue
    console.log('')
    const color = pc.isColorSupported && process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}
    const { code, output } = await runScript(['services/cli/src/main.ts', 'trace', workflowId, '--wait', String(archiveWaitSeconds)], { ...environment, ...color })
    console.log(output.trimEnd())
    complete &&= code === 0
  }
  return summarise(results) && complete
}

function summarise (results: readonly TurnResult[]): boolean {
  const failed = results.filter(({ problem }) => problem !== undefined)
  const latencies = results.filter(({ problem }) => problem === undefined).map(({ latencyMs }) => latencyMs).sort((a, b) => a - b)
  const at = (share: number) => `${(latencies[Math.min(latencies.length - 1, Math.ceil(latencies.length * share) - 1)] ?? NaN).toFixed(0)} ms`
  console.log(`\n${results.length - failed.length} of ${results.length} turns answered; a turn took ${at(0.5)} / ${at(0.95)} / ${at(0.99)} (p50 / p95 / p99)`)
  for (const { conversationId, problem } of failed.slice(0, problemsShown)) console.error(pc.red(`  ${conversationId}: ${problem}`))
  if (failed.length > problemsShown) console.error(pc.red(`  and ${failed.length - problemsShown} more`))
  return results.length > 0 && failed.length === 0
}
