import { createLogger, loadConfig, runProcess } from '@mesh/runtime'
import { config } from './config.ts'
import { startGovernor } from './process.ts'

const settings = loadConfig(config)
const logger = createLogger({ name: 'governor', level: settings.logLevel })

await runProcess({ name: 'governor', logger, start: () => startGovernor(settings, logger) })
