// The human gateway: HTTP in front of the agent `human-gateway`.
import type { Agent } from '@mesh/agent-sdk'
import type { Logger } from '@mesh/runtime'
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { converseContract } from '../contracts/conversation.ts'
import { createHttp, type TurnAnswer } from './http.ts'
import { TurnDesk } from './turn-desk.ts'

export interface GatewayOptions {
  readonly port: number
  readonly host: string
  readonly turnsMax: number
}

export interface Gateway {
  readonly port: number
  /** Takes no turn any more (STOPPING), and finishes those that were taken, for at most `waitMs`. */
  finishTurns (waitMs: number): Promise<void>
  /** After the agent has stopped: a turn that still waits would hold it open. */
  close (): Promise<void>
}

export async function startGateway (agent: Agent, { port, host, turnsMax }: GatewayOptions, logger: Logger): Promise<Gateway> {
  const desk = new TurnDesk<TurnAnswer>({
    turnsMax,
    sessionId: randomBytes(4).toString('hex'),
    async say ({ conversationId, text, workflowId }) {
      const { output, dispatchId, latencyMs } = await agent.callDetailed('converse', { conversationId, text }, { workflowId, priority: 0, output: converseContract.output })
      const { reply, intent, slots } = output
      return { conversationId, workflowId, dispatchId, reply, intent, slots, latencyMs: Math.round(latencyMs * 10) / 10 }
    }
  })
  const app = createHttp(turn => desk.take(turn), logger)
  await app.listen({ port, host })
  const { port: listening } = app.server.address() as AddressInfo
  logger.info({ port: listening }, 'takes turns at POST /turns')
  return {
    port: listening,
    finishTurns: waitMs => desk.close(waitMs),
    close: () => app.close()
  }
}
