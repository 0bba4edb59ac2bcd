// What is remembered of a conversation between two turns. A plain value: it can be stored as JSON and read back.
import type { Contact, Goal, LeadSlots } from './lead-intent.ts'
import { describesHome, readReply, silence, type ReplyReading } from './reply.ts'

export interface ConversationState {
  readonly goal: Goal
  readonly slots: LeadSlots
  readonly contact: Contact
  /** The home named last by us; it becomes the slot `propertyName` when the person takes it. */
  readonly offer?: string
  /** A home was described, whether its name could be read or not. */
  readonly hasOffer: boolean
  readonly lastReply: ReplyReading
}

export const newConversation: ConversationState = { goal: 'none', slots: {}, contact: {}, hasOffer: false, lastReply: silence }

/** What the sender of a reply knows better than its text can tell. */
export interface ReplyFacts {
  readonly propertyName?: string
}

/** Takes our reply into the state. `facts` win over what is read from the text. */
export function observeReply (state: ConversationState, reply: string, facts: ReplyFacts = {}): ConversationState {
  const reading = readReply(reply, state.slots.area)
  const named = facts.propertyName ?? reading.offer
  const isOffer = facts.propertyName !== undefined || !reading.confirmsVisit || state.offer === undefined
  const hasOffer = state.hasOffer || named !== undefined || describesHome(reply)
  return { ...state, hasOffer, lastReply: reading, ...named !== undefined && isOffer ? { offer: named } : {} }
}
