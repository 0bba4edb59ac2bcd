// What the agents say to each other about a home-seeker: the words of core/understanding, as contracts.
import { z } from 'zod'
import { details, leadIntents, type Contact, type ConversationState, type LeadSlots } from '../core/understanding/index.ts'

const phrase = z.string().min(1).max(500)
const dollars = z.int().min(0).max(1_000_000_000)
const rooms = z.int().min(0).max(99)

/** Bounds what one person may write in one turn. */
export const turnText = z.string().trim().min(1).max(4_000)
export const conversationId = z.string().min(1).max(100)
export const replyText = z.string().min(1).max(4_000)

export const intent = z.enum(leadIntents)
export const goal = z.enum(['none', 'find_home', 'schedule_visit', 'note_visit', 'sell_home'])
export const asks = z.array(z.enum(details)).max(details.length)
export const temperature = z.enum(['cold', 'warm', 'hot'])

export const leadSlots = z.object({
  area: phrase.exactOptional(),
  beds: rooms.exactOptional(),
  baths: rooms.exactOptional(),
  budgetMin: dollars.exactOptional(),
  budgetMax: dollars.exactOptional(),
  petsAllowed: z.boolean().exactOptional(),
  furnished: z.boolean().exactOptional(),
  inUnitLaundry: z.boolean().exactOptional(),
  visitDate: phrase.exactOptional(),
  propertyName: phrase.exactOptional()
}) satisfies z.ZodType<LeadSlots>

export const contact = z.object({
  name: phrase.exactOptional(),
  email: phrase.exactOptional(),
  phone: phrase.exactOptional()
}) satisfies z.ZodType<Contact>

/** A conversation kept before a flag existed is read as if it were false. */
const flag = z.boolean().default(false)

export const conversationState = z.object({
  goal,
  slots: leadSlots,
  contact,
  offer: phrase.exactOptional(),
  hasOffer: flag,
  lastReply: z.object({
    asksArea: flag,
    asksBeds: flag,
    asksBaths: flag,
    asksVisitDate: flag,
    offersVisit: flag,
    offersMoreHelp: flag,
    asksCalendarEntry: flag,
    confirmsVisit: flag,
    offer: phrase.exactOptional(),
    visitDate: phrase.exactOptional()
  })
}) satisfies z.ZodType<ConversationState>
