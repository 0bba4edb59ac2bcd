import { createLogger, loadConfig, runProcess } from '@mesh/runtime'
import { config } from './config.ts'
import { startArchiver } from './process.ts'

const settings = loadConfig(config)
const logger = createLogger({ name: 'archiver', level: settings.logLevel })

await runProcess({ name: 'archiver', logger, start: ({ signal }) => startArchiver(settings, logger, signal) })
