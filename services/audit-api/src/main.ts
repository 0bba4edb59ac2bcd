import { createLogger, loadConfig, runProcess } from '@mesh/runtime'
import { config } from './config.ts'
import { startAuditApi } from './process.ts'

const settings = loadConfig(config)
const logger = createLogger({ name: 'audit-api', level: settings.logLevel })

await runProcess({ name: 'audit-api', logger, start: ({ signal }) => startAuditApi(settings, logger, signal) })
