import { AgentError, defineAgent } from '@mesh/agent-sdk'
import { memoryAppendContract, memoryLookupContract, turnConflict } from '../contracts/conversation.ts'
import { newConversation, observeReply } from '../core/understanding/index.ts'
import type { ConversationStore } from '../store/conversations.ts'

/** The database may be away for a moment. A conflict stays one: who asks must know of the other turn. */
const retry = { attemptsMax: 3, backoffMs: 100, codes: ['HANDLER_FAILED'] }

/** What was said in each conversation. One conversation is one workflow: its id is what memory is kept under. */
export const createMemory = (conversations: ConversationStore) => defineAgent({
  name: 'memory', version: '1.0.0', domain: 'conversation', role: 'bot', ownerTeam: 'conversations',
  capabilities: { memory_lookup: { ...memoryLookupContract, retry }, memory_append: { ...memoryAppendContract, retry } },
  maxConcurrent: 64, slaP95Ms: 200, latencyProfileMs: 4, inboxPartitions: 2, answersPartitions: 2
}).handle('memory_lookup', async (_input, mesh) =>
  await conversations.find(mesh.workflowId) ?? { turns: 0, state: newConversation, offered: null, offeredIds: [], advisor: null }
).handle('memory_append', async ({ state, ...turn }, mesh) => {
  const after = observeReply(state, turn.reply, turn.offered === null ? {} : { propertyName: turn.offered.name })
  const outcome = await conversations.append({ ...turn, state: after, workflowId: mesh.workflowId, dispatchId: mesh.dispatchId })
  if (outcome === 'conflict') throw new AgentError(turnConflict, `turn ${turn.turn} is not the next of this conversation`, { retriable: true })
  return { turns: turn.turn }
})
