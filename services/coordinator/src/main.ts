// A coordinator: may this dispatch go, where, and when? Composition only; `pipeline.ts` shows the record's path.
import { createKafka, createLogger, createMetrics, loadConfig, runProcess, startHealthServer } from '@mesh/runtime'
import { connectCodec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { coordinatorConfig } from './config.ts'
import { startControlReader } from './control-reader.ts'
import { createCoordinatorMetrics } from './coordinator-metrics.ts'
import { startCoordinator } from './pipeline.ts'
import { readinessChecks } from './readiness.ts'

const config = loadConfig(coordinatorConfig)
const logger = createLogger({ name: config.coordinatorId, level: config.logLevel })

await runProcess({
  name: config.coordinatorId,
  logger,
  async start () {
    const names = topicNames(config.namespace)
    const kafka = (clientId: string) => createKafka({ brokers: config.kafkaBrokers, clientId, logger })
    const codec = await connectCodec({ schemaRegistryUrl: config.schemaRegistryUrl, onWaiting: message => logger.warn(message) })
    const metrics = createMetrics(config.coordinatorId)
    const own = createCoordinatorMetrics(metrics)
    const { control, table } = await startControlReader({
      kafka: kafka(`${names.namespace}.${config.coordinatorId}.control`), topic: names.registry, readerId: `${names.namespace}.coordinator`, codec, logger, onUnreadable: own.onUnreadable
    })
    const runner = await startCoordinator(
      { kafka, codec, control, names, logger, onDecided: own.onDecided, onRound: own.onRound },
      { ...config, seenBounds: { windowMs: config.seenWindowMs, recordsMax: config.seenRecordsMax } })
    const health = await startHealthServer({ port: config.healthPort, metrics, checks: readinessChecks(runner, table) })
    logger.info({ healthPort: health.port }, 'ready to coordinate')
    return {
      async drain () {
        await runner.stop()
        await table.close()
        await health.close()
      }
    }
  }
})
