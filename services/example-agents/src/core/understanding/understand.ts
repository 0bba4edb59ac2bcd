// One turn: text and state in, what is understood and the next state out.
//
// Invariants:
//   U1. Pure: the same text and state give the same answer; no clock, no network, no model.
//   U2. Slots accumulate: a turn adds or replaces, it never forgets. One exception: a budget's bound that a new one contradicts.
//   U3. A home becomes `propertyName` only when the person takes it (likes it, or wants to visit it), not when we name it.
import { findArea } from './area.ts'
import { findBudget, withBudget } from './budget.ts'
import { findContact } from './contact.ts'
import { nextGoal } from './goal.ts'
import type { Contact, Goal, LeadIntent, LeadIntentName, LeadSlots } from './lead-intent.ts'
import { normalise } from './normalise.ts'
import { isOffTopic } from './off-topic.ts'
import { findRooms } from './rooms.ts'
import { speechActsOf, type SpeechActs } from './speech-acts.ts'
import type { ConversationState } from './state.ts'
import { findVisitDate } from './visit-date.ts'
import { asksForOthers, findWishes } from './wishes.ts'

export interface Understanding extends LeadIntent {
  readonly state: ConversationState
}

export function understand (utterance: string, state: ConversationState): Understanding {
  const text = normalise(utterance)
  if (isOffTopic(text)) return setAside(text, state)
  const { hasOffer, lastReply, offer } = state
  const wantsOthers = asksForOthers(text)
  const acts = speechActsOf(text, wantsOthers)
  const contact = { ...state.contact, ...findContact(text) }
  const said = state.goal === 'note_visit' ? {} : homeSaid(text, state, acts)
  const wishes = findWishes(text, { hasOffer, searches: wantsOthers || Object.keys(said).length > 0 })
  const visitDate = hasOffer && mayNameDay(state, acts) ? findVisitDate(text) : undefined
  const saysWish = Object.keys(said).length + Object.keys(wishes.slots).length > 0
  const goal = nextGoal({ goal: state.goal, hasOffer, lastReply, acts, saysWish, saysDate: visitDate !== undefined })

  const slots: LeadSlots = {
    ...withBudget(state.slots, said), ...said, ...wishes.slots,
    ...takes(goal, state, acts, wishes.asks.length > 0) && offer !== undefined ? { propertyName: offer } : {},
    ...visitSaid(goal, visitDate, state, acts)
  }
  const intent = intentOf(goal, state.goal, acts, wishes.asks.length > 0, saysWish)
  return { intent, goal, slots, asks: wishes.asks, ...some(contact), state: { ...state, goal, slots, contact } }
}

/** What isn't about homes changes nothing but who the person is. */
function setAside (text: string, state: ConversationState): Understanding {
  const contact = { ...state.contact, ...findContact(text) }
  return { intent: 'other', goal: state.goal, slots: state.slots, asks: [], ...some(contact), state: { ...state, contact } }
}

function homeSaid (text: string, state: ConversationState, acts: SpeechActs): LeadSlots {
  const { lastReply } = state
  const searching = state.goal !== 'schedule_visit' || (acts.wantsOthers && acts.wantsHome)
  const area = searching ? findArea(text, { asked: lastReply.asksArea, offer: state.offer }) : undefined
  const rooms = searching ? findRooms(text, { beds: lastReply.asksBeds, baths: lastReply.asksBaths }) : {}
  return { ...area !== undefined ? { area } : {}, ...rooms, ...findBudget(text) }
}

/** "That's all for today" names no day of a visit, nor does a time for the calendar. */
function mayNameDay (state: ConversationState, acts: SpeechActs): boolean {
  if (state.goal === 'note_visit' || acts.wantsCalendarEntry) return false
  return acts.wantsVisit || !(acts.parts || (acts.thanks && state.slots.visitDate !== undefined))
}

function takes (goal: Goal, state: ConversationState, acts: SpeechActs, asks: boolean): boolean {
  if (goal === 'schedule_visit') return true
  if (goal !== 'find_home' || acts.wantsOthers) return false
  const agreesToOffer = state.lastReply.offer !== undefined && !state.lastReply.offersVisit && acts.agrees
  return acts.parts || ((acts.likes || agreesToOffer) && !acts.declines && !asks)
}

function visitSaid (goal: Goal, said: string | undefined, state: ConversationState, acts: SpeechActs): Pick<LeadSlots, 'visitDate'> {
  if (goal !== 'schedule_visit') return {}
  if (said !== undefined) return { visitDate: said }
  const proposed = state.lastReply.visitDate
  return proposed !== undefined && state.slots.visitDate === undefined && acts.agrees ? { visitDate: proposed } : {}
}

function intentOf (goal: Goal, before: Goal, acts: SpeechActs, asks: boolean, saysWish: boolean): LeadIntentName {
  if (acts.wantsHuman) return 'talk_to_human'
  if (goal === 'sell_home') return 'sell_home'
  if (goal === 'note_visit') return 'other'
  if (goal === 'none') return acts.greets ? 'greet' : acts.parts || acts.thanks || acts.declines ? 'goodbye' : 'other'
  if (goal !== before) return goal
  if (asks && !saysWish) return 'ask_detail'
  if (acts.parts && acts.thanks) return 'goodbye'
  return goal
}

function some (contact: Contact): { readonly contact?: Contact } {
  return Object.keys(contact).length > 0 ? { contact } : {}
}
