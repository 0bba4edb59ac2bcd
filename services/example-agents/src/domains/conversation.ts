import { startAgents } from '@mesh/agent-sdk'
import type { Logger } from '@mesh/runtime'
import { createHandoff } from '../agents/handoff.ts'
import { createHumanGateway } from '../agents/human-gateway.ts'
import { createIntentDecoder } from '../agents/intent-decoder.ts'
import { createMemory } from '../agents/memory.ts'
import { createResponsePipeline } from '../agents/response-pipeline.ts'
import type { Settings } from '../config.ts'
import { startGateway } from '../gateway/gateway.ts'
import { conversationStore } from '../store/conversations.ts'
import { openDatabase } from '../store/database.ts'
import type { RunningDomain } from './running-domain.ts'
import { startOptions, stopAll } from './start-options.ts'

/** Of the process's 10 s, for turns that people wait for; the agents have theirs after it. */
const turnsDrainMs = 3_000

export async function startConversation (settings: Settings, logger: Logger): Promise<RunningDomain> {
  const { databaseUrl, exampleSchema: schema, gatewayPort: port, gatewayHost: host, turnsMax } = settings
  const database = await openDatabase({ databaseUrl, schema, logger })
  const humanGateway = createHumanGateway()
  // The agents' readiness is the process's, so HTTP listens first; a turn that comes sooner is told NOT_STARTED.
  const gateway = await startGateway(humanGateway, { port, host, turnsMax }, logger)
  const agents = [humanGateway, createIntentDecoder(), createMemory(conversationStore(database)), createResponsePipeline(), createHandoff()]
  await startAgents(agents, startOptions(settings))
  return {
    async drain () {
      await gateway.finishTurns(turnsDrainMs)
      await stopAll(agents)
      await gateway.close()
      await database.close()
    }
  }
}
