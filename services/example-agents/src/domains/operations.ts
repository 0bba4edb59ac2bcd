import { startAgents } from '@mesh/agent-sdk'
import type { Logger } from '@mesh/runtime'
import { createAnalytics } from '../agents/analytics.ts'
import { createCrmSync } from '../agents/crm-sync.ts'
import { createOrchestrator } from '../agents/orchestrator.ts'
import type { Settings } from '../config.ts'
import { contactStore } from '../store/contacts.ts'
import { openDatabase } from '../store/database.ts'
import { turnCountStore } from '../store/turn-counts.ts'
import type { RunningDomain } from './running-domain.ts'
import { startOptions, stopAll } from './start-options.ts'

export async function startOperations (settings: Settings, logger: Logger): Promise<RunningDomain> {
  const { databaseUrl, exampleSchema: schema } = settings
  const database = await openDatabase({ databaseUrl, schema, logger })
  const agents = [createOrchestrator(), createCrmSync(contactStore(database)), createAnalytics(turnCountStore(database))]
  await startAgents(agents, startOptions(settings))
  return {
    async drain () {
      await stopAll(agents)
      await database.close()
    }
  }
}
