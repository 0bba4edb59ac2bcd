// The governor, put together: registry table, reader of inboxes, pressure topic and the passes, and the circuits beside them;
// `main.ts` runs it, tests run it in their own process.
import { createKafka, createMetrics, type Logger, startCompactedTable, startHealthServer, startLogReader } from '@mesh/runtime'
import { connectCodec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { type CircuitOptions, startCircuitOffice } from './circuit-office.ts'
import { Agents } from './core/agents.ts'
import { startInboxMembers } from './inbox-members.ts'
import { lookAtInboxes } from './inboxes.ts'
import { registerMetrics } from './metrics.ts'
import { Passes } from './pipeline.ts'
import { openPressureTopic, tableFreshMs } from './pressure-topic.ts'
import { startRepeating } from './repeating.ts'

export interface GovernorOptions extends CircuitOptions {
  readonly kafkaBrokers: readonly string[]
  readonly schemaRegistryUrl: string
  readonly namespace: string
  readonly healthPort: number
  readonly passMs: number
}

export interface RunningGovernor {
  readonly healthPort: number
  drain (): Promise<void>
}

/** A pass must end, or fail, well before readers take pressure for unknown (10 s). */
const readMsMax = 2_500
const passAgeMsMax = 5_000

export async function startGovernor (options: GovernorOptions, logger: Logger): Promise<RunningGovernor> {
  const { kafkaBrokers: brokers, namespace, passMs } = options
  const names = topicNames(namespace)
  const processMetrics = createMetrics('governor')
  const metrics = registerMetrics(processMetrics.registry)
  const codec = await connectCodec({ schemaRegistryUrl: options.schemaRegistryUrl, onWaiting: message => { logger.info(message) } })
  const kafka = (part: string) => createKafka({ brokers, clientId: `${namespace}.governor.${part}`, logger })
  const agents = new Agents()
  const registry = await startCompactedTable({
    kafka: kafka('registry'), topic: names.registry, readerId: `${namespace}.governor.registry`, freshMs: tableFreshMs, logger,
    apply ({ key, value, offset }) {
      try {
        if (value === null) agents.remove(key)
        else agents.put(key, codec.decode('AgentRegistration', value), offset)
      } catch (error) {
        logger.warn({ topic: names.registry, offset, reason: (error as Error).message }, 'record is no AgentRegistration; passed over')
      }
    }
  })
  const topic = await openPressureTopic({
    readerKafka: kafka('reader'), writerKafka: kafka('writer'), codec, topic: names.pressure, readerId: `${namespace}.governor.pressure`, logger
  })
  const reader = await startLogReader({ kafka: kafka('inboxes'), logger, readMsMax })
  const onLeftOut = (agent: string, error: unknown) => logger.warn({ agent, reason: (error as Error).message }, 'an agent could not be measured')
  const members = await startInboxMembers({ admin: kafka('members').admin(), namespace, agents: () => agents.current().map(({ name }) => name), logger })
  const passes: Passes = new Passes({
    topic, agents: () => agents.current(), look: some => lookAtInboxes(some, { reader, names, onLeftOut }), instances: agent => members.instances(agent),
    nowMs: Date.now, monotonicMs: () => performance.now(), onSaid: metrics.said,
    onMeasured (measured, leftOut) {
      metrics.measured(measured, leftOut)
      office.measured(measured)
    }
  })
  const office = await startCircuitOffice(options, {
    kafka, codec, names, logger, metrics: processMetrics, registration: key => agents.get(key), agents: () => agents.keys(), inbox: agent => passes.inbox(agent)
  })
  let passedAtMs = -Infinity
  const repeating = startRepeating(passMs, async () => {
    const beganAtMs = performance.now()
    try {
      await passes.pass()
      passedAtMs = performance.now()
      metrics.passed(passedAtMs - beganAtMs)
    } catch (error) {
      metrics.failed()
      logger.warn({ reason: (error as Error).message }, 'a pass failed; the next tries again')
    }
  })
  const health = await startHealthServer({
    port: options.healthPort,
    metrics: processMetrics,
    notes: office.notes,
    checks: {
      ...office.checks,
      registryTable: () => registry.problem(Date.now()),
      pressureTable: () => topic.problem(Date.now()),
      passes: () => performance.now() - passedAtMs <= passAgeMsMax ? undefined : `no pass was said in the last ${passAgeMsMax} ms`
    }
  })
  logger.info({ healthPort: health.port, agents: agents.current().length }, 'governor measures')
  return {
    healthPort: health.port,
    async drain () {
      await repeating.stop()
      await Promise.all([office.close(), members.close(), reader.close(), topic.close(), registry.close()])
      await health.close()
    }
  }
}
