// What a coordinator process is made of, from its configuration to its readiness.
import { type ConfigValues, createKafka, createLogger, createMetrics, type Faults, loadConfig, runProcess, startHealthServer } from '@mesh/runtime'
import { connectCodec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { coordinatorConfig } from './config.ts'
import { startControlReader } from './control-reader.ts'
import { createCoordinatorMetrics } from './coordinator-metrics.ts'
import { startCoordinator } from './pipeline.ts'
import { readinessChecks } from './readiness.ts'

/** Runs until SIGTERM. `faults` are places where a test may hold or break a round. */
export async function runCoordinator (faults?: Faults): Promise<void> {
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
      const { onDecided, onRound, onUnreadable } = createCoordinatorMetrics(metrics)
      const { control, table } = await startControlReader({
        kafka: kafka(`${names.namespace}.${coordinatorId}.control`), topic: names.registry, readerId: `${names.namespace}.coordinator`, codec, logger, onUnreadable
      })
      const settings = { ...config, seenBounds: { windowMs: config.seenWindowMs, recordsMax: config.seenRecordsMax } }
      const runner = await startCoordinator({ kafka, codec, control, names, logger, onDecided, onRound }, settings, faults)
      const health = await startHealthServer({ port: config.healthPort, metrics, checks: readinessChecks(runner, table) })
      logger.info({ healthPort: health.port }, 'coordinates')
      return {
        async drain () {
          await runner.stop()
          await table.close()
          await health.close()
        }
      }
    }
  })
}
