// Runs the agents of one domain: node services/example-agents/src/main.ts conversation|sales|operations
import { createLogger, loadConfig, runProcess } from '@mesh/runtime'
import { config } from './config.ts'
import { startDomain } from './domains/domain.ts'

const settings = loadConfig(config)
const domain = process.argv[2] ?? 'unnamed'
const logger = createLogger({ name: `agents-${domain}`, level: settings.logLevel })

await runProcess({ name: `agents-${domain}`, logger, start: () => startDomain(domain, settings, logger) })
