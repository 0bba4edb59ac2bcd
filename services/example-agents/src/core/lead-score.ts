// How likely a lead is to move soon: a sum of what is known, from 0 to 100.
//
// Invariants:
//   L1. More knowledge never lowers a score; only a goodbye without a visit does.
//   L2. Every point has a reason that is said.
import type { Contact, Goal, LeadIntentName, LeadSlots } from './understanding/index.ts'

export type Temperature = 'cold' | 'warm' | 'hot'

export interface Lead {
  readonly intent: LeadIntentName
  readonly goal: Goal
  readonly slots: LeadSlots
  readonly contact: Contact
  readonly turns: number
}

export interface LeadScore {
  readonly score: number
  readonly temperature: Temperature
  readonly reasons: readonly string[]
}

const warmFrom = 30
const hotFrom = 60
const engagedTurns = 4
const soon = /\b(?:today|tonight|tomorrow|this|later)\b/i

export function scoreLead ({ intent, goal, slots, contact, turns }: Lead): LeadScore {
  const points: ReadonlyArray<readonly [reason: string, points: number]> = [
    ['area', slots.area !== undefined ? 10 : 0],
    ['rooms', slots.beds !== undefined || slots.baths !== undefined ? 10 : 0],
    ['budget', slots.budgetMax !== undefined || slots.budgetMin !== undefined ? 15 : 0],
    ['likes a home', slots.propertyName !== undefined ? 15 : 0],
    ['wants a visit', goal === 'schedule_visit' || slots.visitDate !== undefined ? 15 : 0],
    ['visit has a day', slots.visitDate !== undefined ? 10 : 0],
    ['visit is soon', slots.visitDate !== undefined && soon.test(slots.visitDate) ? 10 : 0],
    ['can be reached', contact.email !== undefined || contact.phone !== undefined ? 15 : 0],
    ['asks for a person', intent === 'talk_to_human' ? 20 : 0],
    ['has a home to sell', goal === 'sell_home' ? 25 : 0],
    ['stays in talk', turns >= engagedTurns ? 5 : 0],
    ['leaves without a visit', intent === 'goodbye' && slots.visitDate === undefined ? -15 : 0]
  ]
  const counted = points.filter(([, worth]) => worth !== 0)
  const score = Math.max(0, Math.min(100, counted.reduce((sum, [, worth]) => sum + worth, 0)))
  const temperature = score >= hotFrom ? 'hot' : score >= warmFrom ? 'warm' : 'cold'
  return { score, temperature, reasons: counted.map(([reason]) => reason).slice(0, 10) }
}
