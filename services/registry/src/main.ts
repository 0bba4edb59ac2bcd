import { createLogger, loadConfig, runProcess } from '@mesh/runtime'
import { config } from './config.ts'
import { startRegistry } from './process.ts'

const settings = loadConfig(config)
const logger = createLogger({ name: 'registry', level: settings.logLevel })

await runProcess({ name: 'registry', logger, start: () => startRegistry(settings, logger) })
