// What a coordinator process is made of, from its configuration to its readiness.
import { setFlagsFromString } from 'node:v8'
import { startQuotaStore } from '@mesh/quota-store'
import { type ConfigValues, createKafka, createLogger, createMetrics, type Faults, loadConfig, runProcess, startHealthServer, startLogReader } from '@mesh/runtime'
import { connectCodec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { coordinatorConfig } from './config.ts'
import { startControlReader } from './control-reader.ts'
import { createCoordinatorMetrics } from './coordinator-metrics.ts'
import { startCoordinator } from './pipeline.ts'
import { readinessChecks } from './readiness.ts'

/**
 * The garbage that may stand beside what lives, of its size, before V8 collects it. By itself V8 lets the heap of a
 * coordinator that is flooded grow to three times what lives in it.
 */
const heapGrowingPercent = 40

/** Runs until SIGTERM. `faults` are places where a test may hold or break a round. */
export async function runCoordinator (faults?: Faults): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${heapGrowingPercent}`)
  const config: ConfigValues<typeof coordinatorConfig> = loadConfig(coordinatorConfig)
  const { coordinatorId } = config
  const logger = createLogger({ name: coordinatorId, level: config.logLevel })
  const names = topicNames(config.namespace)
  const kafka = (clientId: string) => createKafka({ brokers: config.kafkaBrokers, clientId, logger })

  await runProcess({
    name: coordinatorId,
    logger,
    async start () {
      const codec = await connectCodec({ schemaRegistryUrl: config.schemaRegistryUrl, onWaiting: message => logger.warn(message) })
      const metrics = createMetrics(coordinatorId)
      const { onDecided, onRound, onDeferred, onUnreadable } = createCoordinatorMetrics(metrics)
      const clientId = `${names.namespace}.${coordinatorId}`
      const [reader, logReader, quotas] = await Promise.all([
        startControlReader({ kafka: kafka(`${clientId}.control`), names, readerId: `${names.namespace}.coordinator`, codec, logger, onUnreadable }),
        startLogReader({ kafka: kafka(`${clientId}.deferred`), logger }),
        startQuotaStore({ redisUrl: config.redisUrl, namespace: names.namespace, taskCount: config.taskCount, logger })
      ])
      const settings = { ...config, seenBounds: { windowMs: config.seenWindowMs, recordsMax: config.seenRecordsMax } }
      const ports = { kafka, codec, control: reader.control, names, quotas, logReader, logger, onDecided, onRound, onDeferred }
      const runner = await startCoordinator(ports, settings, faults)
      const health = await startHealthServer({ port: config.healthPort, metrics, checks: readinessChecks(runner, reader.tables) })
      logger.info({ healthPort: health.port }, 'coordinates')
      return {
        async drain () {
          await runner.stop()
          await Promise.all([reader.close(), logReader.close(), quotas.close()])
          await health.close()
        }
      }
    }
  })
}
