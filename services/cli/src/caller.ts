// Asks the mesh for something, as an agent of its own: who asks must be registered and have declared what it asks for.
//
// Invariants:
//   C1. One agent name a capability and folder of keys, always with the same registration, so that calls at once don't contradict
//       each other, and those from other machines, which have other keys, are not refused.
//   C2. What nobody offers is not asked for: a slip of the pen must not leave an agent and its topics behind.
//   C3. It offers nothing, so it has no inbox to read, and one partition of answers is enough for all its instances.
import { defineAgent, MeshError, type MeshErrorCode, type Priority, sdkCodes } from '@mesh/agent-sdk'
import { reasonCodes } from '@mesh/schemas'
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connectKafka } from './broker.ts'
import { printable } from './core/printable.ts'
import { CliError } from './errors.ts'
import { quietLogger } from './quiet-logger.ts'
import { listAgents } from './registry.ts'

export interface Question {
  readonly kafkaBrokers: readonly string[]
  readonly schemaRegistryUrl: string
  readonly registryUrl: string
  readonly namespace: string
  readonly keysFolder: string
  readonly capability: string
  readonly input: unknown
  readonly priority: number
  readonly ttlMs: number
  readonly workflowId: string | undefined
  readonly signal: AbortSignal
}

export interface Answer {
  readonly output: unknown
  readonly dispatchId: string
  readonly workflowId: string
  /** Null where the fixed reply of an agent that is cut off was given in its place. */
  readonly answeredBy: string | null
  readonly answeredByVersion: string | null
  readonly isFallback: boolean
  readonly latencyMs: number
}

const startMsMax = 20_000
const drainMs = 2_000
// A coordinator may hear of a first registration a moment after the dispatch.
const unknownMsMax = 3_000
const unknownPauseMs = 100
const tooEarly: ReadonlySet<string> = new Set(['UNKNOWN_SOURCE', 'KEY_UNKNOWN'])
const hashChars = 12

export function callerName (capability: string, keysFolder: string): string {
  return `mesh-cli-${createHash('sha256').update(JSON.stringify([capability, hostname(), resolve(keysFolder)])).digest('hex').slice(0, hashChars)}`
}

export async function askMesh (question: Question): Promise<Answer> {
  const { kafkaBrokers, schemaRegistryUrl, registryUrl, namespace, keysFolder, capability, signal } = question
  const agents = await listAgents(registryUrl)
  if (!agents.some(({ capabilities }) => capabilities.some(({ name }) => name === capability))) {
    const message = `UNKNOWN_CAPABILITY: no agent offers ${printable(capability)}.`
    throw new CliError('CALL_FAILED', message, { shownCode: 'UNKNOWN_CAPABILITY', next: '`npx mesh agents` lists what is offered. ' + reasonCodes.UNKNOWN_CAPABILITY.next })
  }
  await connectKafka(kafkaBrokers, `${namespace}.cli`, quietLogger())
  try {
    const agent = defineAgent({
      name: callerName(capability, keysFolder), version: '1.0.0', domain: 'operations', role: 'bot', ownerTeam: 'operators', dependencies: [capability],
      maxConcurrent: 1, inboxPartitions: 1, answersPartitions: 1
    })
    await agent.start({ brokers: kafkaBrokers, schemaRegistryUrl, registryUrl, namespace, keysFolder, logLevel: 'silent', waitMs: startMsMax, drainMs })
    const stop = (): void => { void agent.stop() }
    signal.addEventListener('abort', stop, { once: true })
    try {
      if (signal.aborted) throw new CliError('CALL_FAILED', 'Stopped before the request was sent.', { shownCode: 'STOPPED' })
      return await ask(agent, question)
    } finally {
      signal.removeEventListener('abort', stop)
      await agent.stop()
    }
  } catch (error) {
    throw error instanceof MeshError ? explained(error, signal.aborted) : error
  }
}

async function ask (agent: ReturnType<typeof defineAgent>, question: Question): Promise<Answer> {
  const { capability, input, priority, ttlMs, workflowId } = question
  const untilMs = performance.now() + unknownMsMax
  for (;;) {
    try {
      return await agent.callDetailed(capability, input, { priority: priority as Priority, ttlMs, ...workflowId === undefined ? {} : { workflowId } })
    } catch (error) {
      const isTooEarly = error instanceof MeshError && tooEarly.has(error.code) && performance.now() < untilMs
      if (!isTooEarly) throw error
      await delay(unknownPauseMs)
    }
  }
}

function explained (error: MeshError, isInterrupted: boolean): CliError {
  const { code, message, dispatchId, retriable, retryAfterMs } = error
  const known = isInterrupted ? 'The request was sent, and may be handled all the same.' : nextOf(code)
  const retry = retryAfterMs === undefined ? retriable ? 'The same request may succeed later.' : undefined : `Ask again in ${retryAfterMs} ms.`
  const trace = dispatchId === undefined ? undefined : `What happened to it: npx mesh trace ${dispatchId} --wait 5`
  const next = [known ?? (retriable ? undefined : 'The agent chose this code; see its documentation.'), retry, trace].filter(part => part !== undefined).join('\n')
  return new CliError('CALL_FAILED', `${code}: ${message}`, { shownCode: code, next, cause: error, ...dispatchId === undefined ? {} : { dispatchId } })
}

function nextOf (code: MeshErrorCode): string | undefined {
  const known: Readonly<Record<string, { readonly next: string }>> = { ...reasonCodes, ...sdkCodes }
  return Object.hasOwn(known, code) ? known[code]!.next : undefined
}
