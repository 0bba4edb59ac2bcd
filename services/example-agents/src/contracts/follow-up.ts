// What happens around a conversation: its temperature, its record with sales, its place in the numbers.
import { z } from 'zod'
import { contact, conversationId, goal, intent, leadSlots, temperature } from './lead.ts'

export const scoreLeadContract = {
  input: z.object({ intent, goal, slots: leadSlots, contact, turns: z.int().min(0) }),
  output: z.object({ score: z.int().min(0).max(100), temperature, reasons: z.array(z.string().max(40)).max(10) })
}

export const leadUpdatedContract = {
  input: z.object({
    conversationId,
    turn: z.int().min(1),
    goal,
    slots: leadSlots,
    contact,
    score: z.int().min(0).max(100).nullable(),
    temperature: temperature.nullable(),
    advisorName: z.string().max(200).nullable()
  })
}

export const turnAnsweredContract = {
  input: z.object({ turn: z.int().min(1), intent, goal, area: z.string().max(500).nullable(), temperature: temperature.nullable(), handedOff: z.boolean() })
}

const count = z.object({ name: z.string(), turns: z.int().min(0) })

export const analyticsReportContract = {
  input: z.object({ /** Days back, today included. */ days: z.int().min(1).max(366).default(1) }),
  output: z.object({ turns: z.int().min(0), byIntent: z.array(count), byArea: z.array(count) })
}
