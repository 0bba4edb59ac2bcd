// Holds conversations through the human gateway, several at a time, each turn after the answer to the one before.
import { z } from 'zod'
import type { ProgressStep } from '../progress.ts'
import type { Conversation } from './conversations.ts'

const answer = z.object({ workflowId: z.string(), dispatchId: z.string(), reply: z.string(), latencyMs: z.number() })

export interface TurnResult {
  readonly conversationId: string
  readonly text: string
  readonly workflowId: string | undefined
  readonly dispatchId: string | undefined
  readonly reply: string | undefined
  readonly latencyMs: number
  readonly problem: string | undefined
}

/** Longer than the deadline of the request behind a turn, so that its outcome is what ends the wait. */
const turnMsMax = 45_000

export async function holdConversations (
  conversations: readonly Conversation[], gatewayUrl: string, concurrency: number, step: ProgressStep, signal: AbortSignal
): Promise<TurnResult[]> {
  const results: TurnResult[] = []
  const turnsTotal = conversations.reduce((sum, { turns }) => sum + turns.length, 0)
  const queue = conversations.values()
  const holdFromQueue = async () => {
    for (const conversation of queue) {
      for (const text of conversation.turns) {
        if (signal.aborted) return
        results.push(await sayTurn(conversation.conversationId, text, gatewayUrl, signal))
        step.update(`${results.length} of ${turnsTotal} turns`)
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, holdFromQueue))
  return results
}

async function sayTurn (conversationId: string, text: string, gatewayUrl: string, signal: AbortSignal): Promise<TurnResult> {
  const startedMs = performance.now()
  const nothing = { conversationId, text, workflowId: undefined, dispatchId: undefined, reply: undefined }
  try {
    const response = await fetch(`${gatewayUrl}/turns`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ conversationId, text }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(turnMsMax)])
    })
    const latencyMs = performance.now() - startedMs
    if (!response.ok) return { ...nothing, latencyMs, problem: `HTTP ${response.status}: ${(await response.text()).slice(0, 300)}` }
    const { workflowId, dispatchId, reply } = answer.parse(await response.json())
    return { conversationId, text, workflowId, dispatchId, reply, latencyMs, problem: undefined }
  } catch (error) {
    return { ...nothing, latencyMs: performance.now() - startedMs, problem: (error as Error).message }
  }
}
