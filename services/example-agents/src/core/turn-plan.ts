// What a turn needs from the other agents: decided from what was understood and what is remembered.
//
// Invariants:
//   T1. Nothing is looked up that the reply won't use.
//   T2. A person is handed over at most once in a conversation.
import type { Temperature } from './lead-score.ts'
import type { Goal, LeadIntentName, LeadSlots } from './understanding/index.ts'

export interface Understood {
  readonly intent: LeadIntentName
  readonly goal: Goal
  readonly slots: LeadSlots
  readonly asks: readonly string[]
}

export interface Remembered {
  readonly offeredName: string | null
  readonly hasAdvisor: boolean
}

export type LookUp = 'homes' | 'appraisal' | 'nothing'
export type HandOffReason = 'asked' | 'wants_visit'

export function lookUpFor ({ intent, goal, slots, asks }: Understood, { offeredName }: Remembered): LookUp {
  if (intent === 'talk_to_human' || intent === 'goodbye') return 'nothing'
  if (goal === 'sell_home') return slots.area !== undefined ? 'appraisal' : 'nothing'
  if (goal !== 'find_home' || missingFor(slots).length > 0) return 'nothing'
  const likesOffer = offeredName !== null && slots.propertyName === offeredName
  const onlyAsks = intent === 'ask_detail' || (asks.length > 0 && offeredName !== null)
  return likesOffer || onlyAsks ? 'nothing' : 'homes'
}

/** What must be known before homes can be suggested, in the order in which it is asked for. */
export function missingFor (slots: LeadSlots): ReadonlyArray<'area' | 'beds'> {
  return (['area', 'beds'] as const).filter(slot => slots[slot] === undefined)
}

export function handOffReasonFor ({ intent, goal, slots }: Understood, { hasAdvisor }: Remembered, temperature: Temperature | null): HandOffReason | null {
  if (hasAdvisor) return null
  if (intent === 'talk_to_human') return 'asked'
  return temperature === 'hot' && goal === 'schedule_visit' && slots.visitDate !== undefined ? 'wants_visit' : null
}

/** The visit's day as we have said it, as long as it is a visit to the same home. */
export function visitDateSaidFor (slots: LeadSlots, before: LeadSlots): string | null {
  return before.propertyName === slots.propertyName ? before.visitDate ?? null : null
}
