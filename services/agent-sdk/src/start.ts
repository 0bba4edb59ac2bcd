// Starts agents: registers them, connects what they share, joins their inboxes; and stops them in the reverse order.
//
// Invariants:
//   S1. An agent is ready when it hears its answers and has joined its inbox group, in this order: whoever handles may call.
//   S2. A start that fails leaves nothing behind.
//   S3. Stopping: take nothing new → let handlers and calls end → flush what they sent → commit → leave. All within drainMs.
import { createMetrics, type HealthServer, startHealthServer } from '@mesh/runtime'
import { defaultNamespace, partitionFor } from '@mesh/topics'
import { randomUUID } from 'node:crypto'
import type { Agent } from './agent.ts'
import { type AgentParts, partsOf } from './agent-parts.ts'
import { AnswerRecovery } from './answer-recovery.ts'
import { isAnswer, recoverWith, startAnswers } from './answers.ts'
import { type Settings, settingsFrom, type StartOptions } from './config.ts'
import { connect, type Connection } from './connection.ts'
import { type Movement, stallProblem } from './core/stall.ts'
import { crashesMaxDefault } from './core/start-mark.ts'
import { maxConcurrentDefault, slaP95MsDefault } from './definition.ts'
import { Inbox } from './inbox.ts'
import { AgentInstance } from './instance.ts'
import { meterAgents } from './meters.ts'
import { startPersistently } from './persistent-start.ts'
import { register } from './registration.ts'

/** Kept of drainMs for flushing, committing and leaving. */
const leaveMs = 2_000

/** Agents of one process that share a connection. */
interface Party {
  readonly connection: Connection
  left: number
  health: HealthServer | undefined
}

/**
 * Starts several agents in one process on one connection; each keeps its own two consumers, and each is stopped by its
 * own `stop`. Rejects as `agent.start` does, and then none is left running.
 *
 * @example
 * await startAgents([leadBot, buyerBot], { registryUrl: 'http://127.0.0.1:7400' })
 */
export async function startAgents (agents: readonly Agent[], options: StartOptions = {}): Promise<void> {
  const settings = settingsFrom(options)
  await startPersistently(leftMs => startOnce(agents, { ...settings, waitMs: leftMs }), settings)
}

async function startOnce (agents: readonly Agent[], settings: Settings): Promise<void> {
  const connection = await connect(settings, agents.map(agent => agent.name).join('+').slice(0, 100), groupPrefixOf(settings, agents[0]?.name ?? 'agents'))
  const party: Party = { connection, left: agents.length, health: undefined }
  const started = await Promise.allSettled(agents.map(agent => startOne(partsOf(agent), settings, party)))
  const failed = started.find(result => result.status === 'rejected')
  if (failed === undefined && settings.healthPort !== 0) {
    party.health = await startHealth(agents, settings.healthPort).catch(async (error: Error) => {
      await Promise.all(agents.map(agent => agent.stop()))
      throw error
    })
  }
  if (failed === undefined) return
  const running = agents.filter((_, index) => started[index]!.status === 'fulfilled')
  party.left = running.length
  await Promise.all(running.map(agent => agent.stop()))
  if (running.length === 0) await connection.close()
  throw failed.reason
}

async function startOne (parts: AgentParts, settings: Settings, party: Party): Promise<void> {
  const { definition } = parts
  const { connection } = party
  const { registryUrl, waitMs } = settings
  const key = settings.signatures === 'required' ? await connection.keys.load(definition.name) : undefined
  const { answersPartitions } = await register(definition, { registryUrl, waitMs, logger: connection.logger, key })
  if (key !== undefined) await connection.senders.heard(key.keyId)
  const instanceId = settings.instanceId === undefined ? `${definition.name}-${randomUUID()}` : `${definition.name}-${settings.instanceId}`
  const identity = { name: definition.name, version: definition.version, instance: instanceId, replyPartition: partitionFor(instanceId, answersPartitions) }
  const logger = connection.logger.child({ agent: definition.name })
  const groupPrefix = groupPrefixOf(settings, definition.name)
  const { codec, kafka, names } = connection
  const recovery = new AnswerRecovery({ kafka, topic: names.answers(definition.name), groupPrefix, isAnswer: value => isAnswer(codec, value), logger })
  const instance = new AgentInstance({
    parts, identity, carrier: connection.carrier, codec, logger, callsMax: settings.callsMax, recover: recoverWith(recovery, codec, connection.senders),
    pace: settings.pace, instances: (): number => inbox?.instances ?? 1
  })
  const inbox = Object.keys(parts.contracts).length === 0 ? undefined : new Inbox({
    kafka, codec, groupId: `${groupPrefix}.inbox`, topics: names.inboxAll(definition.name),
    maxConcurrent: definition.maxConcurrent ?? maxConcurrentDefault, crashesMax: definition.crashesMax ?? crashesMaxDefault,
    handoffMs: settings.handoffMs, instance, senders: connection.senders, logger
  })
  const answers = await startAnswers(connection, instance, groupPrefix)
  try {
    await inbox?.start()
  } catch (error) {
    await Promise.allSettled([answers.close(), inbox?.close()])
    throw error
  }
  const stall = (): string | undefined => inbox === undefined ? undefined : stallProblem(movementOf(inbox, instance), definition.slaP95Ms ?? slaP95MsDefault)
  parts.attach({
    instance,
    problem: () => inbox?.problem ?? answers.problem() ?? stall(),
    queued: () => inbox?.queued ?? 0,
    async stop () {
      inbox?.hold()
      await instance.drain(Math.max(0, settings.drainMs - leaveMs))
      recovery.close()
      const leave = async (): Promise<void> => {
        await connection.flush()
        await Promise.allSettled([inbox?.close(), answers.close()])
        if (--party.left === 0) await Promise.allSettled([party.health?.close(), connection.close()])
      }
      if (!await endsWithin(leaveMs, leave())) logger.warn({ leaveMs }, 'the broker did not answer in time; left without a word, so the group waits for the session to end')
    }
  })
  logger.info({ instance: instanceId, version: definition.version }, 'ready')
}

/** What comes after it begins with a dot, so that a right by prefix doesn't hold for an agent whose name merely begins alike. */
const groupPrefixOf = ({ namespace }: Settings, agent: string): string => namespace === defaultNamespace ? agent : `${namespace}.${agent}`

const movementOf = ({ queued, isFull }: Inbox, { running, unchangedMs }: AgentInstance): Movement => ({ queued, isFull, running, unchangedMs })

async function endsWithin (ms: number, work: Promise<void>): Promise<boolean> {
  const { promise: over, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), ms)
  const ended = await Promise.race([work.then(() => true), over])
  clearTimeout(timer)
  return ended
}

async function startHealth (agents: readonly Agent[], port: number): Promise<HealthServer> {
  const metrics = createMetrics(agents.map(agent => agent.name).join('+'))
  meterAgents(agents, metrics)
  const checks = Object.fromEntries(agents.map(agent => [agent.name, () => {
    const { status, problem } = agent.health()
    return status === 'ready' ? undefined : problem ?? status
  }]))
  return startHealthServer({ port, metrics, checks })
}
