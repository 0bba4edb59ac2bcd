// The conversation's own contracts: a turn, its understanding, its memory, its answer.
import { z } from 'zod'
import { appraisal, home, homeIdsMax, suggestHomesContract } from './homes.ts'
import { asks, contact, conversationId, conversationState, goal, intent, leadSlots, replyText, temperature, turnText } from './lead.ts'

const line = z.string().min(1).max(500)

export const advisor = z.object({ name: line, phone: line, reference: line, waitMinutes: z.int().min(0) })

export const converseContract = {
  input: z.object({ conversationId, text: turnText }),
  output: z.object({ turn: z.int().min(1), reply: replyText, intent, goal, slots: leadSlots, temperature: temperature.nullable(), handedOff: z.boolean() })
}

export const analyzeTurnContract = {
  input: z.object({ text: turnText, state: conversationState }),
  output: z.object({ intent, goal, slots: leadSlots, asks, contact, state: conversationState })
}

/** What is kept between two turns. */
export const conversationMemory = z.object({
  turns: z.int().min(0),
  state: conversationState,
  /** The home offered last. */
  offered: home.nullable(),
  /** Homes offered so far, the newest last; the oldest are forgotten. */
  offeredIds: z.array(z.string().max(40)).max(homeIdsMax),
  advisor: advisor.nullable()
})

export const memoryLookupContract = { input: z.object({ conversationId }), output: conversationMemory }

export const memoryAppendContract = {
  input: z.object({
    conversationId,
    /** Number of this turn, from 1; one that isn't the next is refused. */
    turn: z.int().min(1),
    text: turnText,
    reply: replyText,
    intent,
    /** As understood, before the reply. */
    state: conversationState,
    offered: home.nullable(),
    advisor: advisor.nullable()
  }),
  output: z.object({ turns: z.int().min(1) })
}

/** Code of `memory_append` for a turn that isn't the next. */
export const turnConflict = 'TURN_CONFLICT'

export const composeReplyContract = {
  input: z.object({
    intent,
    goal,
    slots: leadSlots,
    asks,
    offered: home.nullable(),
    /** The visit's day, as said before this turn. */
    visitDateSaid: line.nullable(),
    reachable: z.boolean(),
    /** Null when none was looked for or none could be had. */
    suggestion: suggestHomesContract.output.nullable(),
    appraisal: appraisal.nullable(),
    /** Set in the turn that hands the person over. */
    advisor: advisor.nullable()
  }),
  output: z.object({ reply: replyText, /** The home on offer after this reply. */ offered: home.nullable() })
}

export const handOffContract = {
  input: z.object({ reason: z.enum(['asked', 'wants_visit']), slots: leadSlots, contact }),
  output: advisor
}
