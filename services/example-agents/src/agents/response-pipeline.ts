import { defineAgent } from '@mesh/agent-sdk'
import { composeReplyContract } from '../contracts/conversation.ts'
import { composeReply } from '../core/reply.ts'

/** What to answer, in words. */
export const createResponsePipeline = () => defineAgent({
  name: 'response-pipeline', version: '1.1.0', domain: 'conversation', role: 'bot', ownerTeam: 'language',
  capabilities: { compose_reply: composeReplyContract },
  maxConcurrent: 64, slaP95Ms: 100, latencyProfileMs: 1, inboxPartitions: 2, answersPartitions: 2
}).handle('compose_reply', facts => composeReply(facts))
