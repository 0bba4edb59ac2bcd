// One turn of a conversation, from what a person wrote to what we answer: this file is its path.
//
// Invariants:
//   O1. Calls are made in an order that depends on nothing but their answers, so a turn that is handled again asks the same again.
//   O2. Memory, understanding and wording are needed: without them the turn fails, with a code. Score, homes, market,
//       appraisal and advisor are not: the answer says what it lacks.
//   O3. A turn is remembered before it is answered, and events tell of it only then.
import { AgentError, defineAgent, type Mesh, MeshError } from '@mesh/agent-sdk'
import type { z } from 'zod'
import {
  analyzeTurnContract, composeReplyContract, converseContract, handOffContract, memoryAppendContract, memoryLookupContract, turnConflict
} from '../contracts/conversation.ts'
import { scoreLeadContract } from '../contracts/follow-up.ts'
import { appraiseHomeContract, suggestHomesContract } from '../contracts/homes.ts'
import { handOffReasonFor, lookUpFor, visitDateSaidFor } from '../core/turn-plan.ts'
import { orNull } from './or-null.ts'

type Memory = z.output<typeof memoryLookupContract.output>
type Understood = z.output<typeof analyzeTurnContract.output>

export const createOrchestrator = () => defineAgent({
  name: 'orchestrator', version: '1.0.0', domain: 'operations', role: 'orchestrator', ownerTeam: 'conversations',
  capabilities: { converse: converseContract },
  dependencies: [
    'memory_lookup', 'analyze_turn', 'score_lead', 'suggest_homes', 'appraise_home', 'hand_off', 'compose_reply', 'memory_append',
    'lead_updated', 'turn_answered'
  ],
  maxConcurrent: 64, slaP95Ms: 2_000, latencyProfileMs: 150, inboxPartitions: 2, answersPartitions: 2
}).handle('converse', async ({ conversationId, text }, mesh) => {
  const memory = await mesh.call('memory_lookup', { conversationId }, { output: memoryLookupContract.output })
  const understood = await mesh.call('analyze_turn', { text, state: memory.state }, { output: analyzeTurnContract.output })
  const turn = memory.turns + 1
  const [lead, found] = await Promise.all([scoreOf(understood, turn, mesh), lookUp(understood, memory, mesh)])
  const advisor = await handOff(understood, memory, lead?.temperature ?? null, mesh)

  const { intent, goal, slots, asks, contact, state } = understood
  const visitDateSaid = visitDateSaidFor(slots, memory.state.slots)
  const reachable = contact.email !== undefined || contact.phone !== undefined
  const { reply, offered } = await mesh.call('compose_reply',
    { intent, goal, slots, asks, offered: memory.offered, visitDateSaid, reachable, ...found, advisor }, { output: composeReplyContract.output })
  const said = { conversationId, turn, text, reply, intent, state, offered, advisor: advisor ?? memory.advisor }
  await mesh.call('memory_append', said, { output: memoryAppendContract.output }).catch(asConflict)

  const temperature = lead?.temperature ?? null
  await Promise.all([
    mesh.send('lead_updated', { conversationId, turn, goal, slots, contact, score: lead?.score ?? null, temperature, advisorName: advisor?.name ?? null }, { priority: 3 }),
    mesh.send('turn_answered', { turn, intent, goal, area: slots.area ?? null, temperature, handedOff: advisor !== null }, { priority: 3 })
  ])
  return { turn, reply, intent, goal, slots, temperature, handedOff: advisor !== null }
})

const scoreOf = ({ intent, goal, slots, contact }: Understood, turns: number, mesh: Mesh) =>
  orNull(mesh, 'score_lead', mesh.call('score_lead', { intent, goal, slots, contact, turns }, { output: scoreLeadContract.output }))

async function lookUp (understood: Understood, memory: Memory, mesh: Mesh) {
  const { slots } = understood
  switch (lookUpFor(understood, remembered(memory))) {
    case 'nothing': return { suggestion: null, appraisal: null }
    case 'homes': {
      const suggestion = await orNull(mesh, 'suggest_homes',
        mesh.call('suggest_homes', { slots, excludedIds: memory.offeredIds }, { output: suggestHomesContract.output }))
      return { suggestion, appraisal: null }
    }
    case 'appraisal': {
      const appraisal = await orNull(mesh, 'appraise_home', mesh.call('appraise_home', { slots }, { output: appraiseHomeContract.output }))
      return { suggestion: null, appraisal }
    }
  }
}

async function handOff (understood: Understood, memory: Memory, temperature: 'cold' | 'warm' | 'hot' | null, mesh: Mesh) {
  const reason = handOffReasonFor(understood, remembered(memory), temperature)
  if (reason === null) return null
  const { slots, contact } = understood
  return orNull(mesh, 'hand_off', mesh.call('hand_off', { reason, slots, contact }, { output: handOffContract.output }))
}

/** Two turns at once: the caller is told so, because only it can say which comes next. */
function asConflict (error: unknown): never {
  throw error instanceof MeshError && error.code === turnConflict ? new AgentError(turnConflict, error.message, { retriable: true, cause: error }) : error
}

const remembered = (memory: Memory) => ({ offeredName: memory.offered?.name ?? null, hasAdvisor: memory.advisor !== null })
