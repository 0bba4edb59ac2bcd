// The circuits' part of a governor, put together: election, topics, audit, keeping, webhook.
import type { Logger, Metrics } from '@mesh/runtime'
import type { AgentRegistration, Codec, Pressure } from '@mesh/schemas'
import type { TopicNames } from '@mesh/topics'
import type { Kafka } from 'kafkajs'
import { CodedError, startLogReader } from '@mesh/runtime'
import { openAuditReader } from './audit-reader.ts'
import { CircuitKeeping } from './circuit-keeping.ts'
import { registerCircuitMetrics } from './circuit-metrics.ts'
import { openCircuitTopics } from './circuit-topics.ts'
import { stalledAlert } from './core/alerts.ts'
import { Circuits, type InboxFacts } from './core/circuits.ts'
import { Stalls } from './core/stalls.ts'
import { startElection } from './election.ts'
import { startRepeating } from './repeating.ts'
import { startWebhook } from './webhook.ts'

export interface CircuitOptions {
  readonly circuitCheckMs: number
  readonly circuitWindowMs: number
  readonly circuitCallsMin: number
  readonly circuitProbesMax: number
  readonly circuitSlowStartMs?: number | undefined
  readonly alertWebhookUrl?: string | undefined
  readonly alertWebhookKey?: string | undefined
}

export interface CircuitParts {
  kafka (part: string): Kafka
  readonly codec: Codec
  readonly names: TopicNames
  readonly metrics: Metrics
  readonly logger: Logger
  registration (key: string): AgentRegistration | undefined
  agents (): Iterable<string>
  inbox (agent: string): InboxFacts | undefined
}

export interface CircuitOffice {
  readonly checks: Readonly<Record<string, () => string | undefined>>
  readonly notes: Readonly<Record<string, () => string>>
  measured (measured: ReadonlyMap<string, Pressure>): void
  close (): Promise<void>
}

const sessionMs = 6_000
const readMsMax = 2_500
const lagMsMax = 5_000
const turnMsMost = 250

export async function startCircuitOffice (options: CircuitOptions, parts: CircuitParts): Promise<CircuitOffice> {
  const { kafka, codec, names, logger } = parts
  const { namespace } = names
  const { circuitCheckMs: checkMs, circuitWindowMs: windowMs, alertWebhookUrl: url, alertWebhookKey: key } = options
  if (url !== undefined && key === undefined) throw new CodedError('CONFIG_INVALID', 'Configuration:\n  MESH_ALERT_WEBHOOK_KEY: is not set, and MESH_ALERT_WEBHOOK_URL is')
  const topics = await openCircuitTopics({ kafka, codec, names, readerId: `${namespace}.governor`, logger })
  const reader = await startLogReader({ kafka: kafka('audit'), logger, readMsMax })
  const admin = kafka('audit-offsets').admin()
  await admin.connect()
  const circuits = new Circuits({
    checkMs, windowMs, callsMin: options.circuitCallsMin, probesMax: options.circuitProbesMax, slowStartMs: options.circuitSlowStartMs ?? Math.ceil(checkMs / 3)
  }, { registration: parts.registration, inbox: parts.inbox, order: agent => topics.order(agent) })
  const election = await startElection({ kafka: kafka('election'), groupId: `${namespace}.governor.circuits`, topic: names.circuits, sessionMs, logger })
  const keeping: CircuitKeeping = new CircuitKeeping({
    circuits, topics, election, windowMs, agents: parts.agents, nowMs: Date.now, monotonicMs: () => performance.now(),
    openAudit: (fromMs, onEvents) => openAuditReader({
      admin, reader, codec, topic: names.audit, fromMs, logger, onUnreadable: () => metrics.unreadable(),
      onEvents (events) {
        metrics.heard()
        onEvents(events)
      }
    }),
    onStepped: some => metrics.stepped(some), onWritten: alerts => metrics.alerted(alerts)
  })
  const metrics = registerCircuitMetrics(parts.metrics.registry, keeping)
  const turning = startRepeating(Math.min(turnMsMost, Math.ceil(checkMs / 4)), async () => {
    try {
      await keeping.turn()
      metrics.turned(true)
    } catch (error) {
      metrics.turned(false)
      logger.warn({ reason: (error as Error).message }, 'a turn over the circuits failed; the next tries again')
    }
  })
  const webhook = url === undefined ? undefined : await startWebhook({
    kafka: kafka('webhook'), groupId: `${namespace}.governor.alerts`, topic: names.alerts, codec, url, key: key!, logger, onPost: result => metrics.posted(result)
  })
  const stalls = new Stalls()
  return {
    checks: {
      circuitsTable: () => topics.problem(Date.now()),
      changesTable: () => topics.ordersProblem(Date.now()),
      circuitElection: () => election.problem(),
      auditReading () {
        const lagMs = keeping.lagMs() ?? 0
        return lagMs <= lagMsMax ? undefined : `the audit was last read to its end ${Math.round(lagMs)} ms ago, ${keeping.lagRecords()} records behind`
      }
    },
    notes: { circuits: () => keeping.isOwner() ? 'this governor writes them' : 'another governor writes them, or none does yet; this one stands by' },
    measured (measured) {
      metrics.healthMeasured(measured.values())
      for (const agent of stalls.begun(measured.values())) keeping.tell(stalledAlertOf(measured.get(agent)!, parts))
    },
    async close () {
      await turning.stop()
      await Promise.all([election.close(), webhook?.close(), reader.close(), topics.close(), admin.disconnect()])
    }
  }
}

function stalledAlertOf ({ agent, classes, atMs }: Pressure, { agents, registration }: CircuitParts) {
  const slaP95Ms = [...agents()].map(key => registration(key)!).find(({ name }) => name === agent)?.slaP95Ms ?? 0
  return stalledAlert(agent, classes.reduce((sum, { waitingRecords }) => sum + waitingRecords, 0), slaP95Ms, atMs)
}
