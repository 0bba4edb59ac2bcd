// What the person is busy with after this turn.
//
// Invariants:
//   G1. A goal lasts until the person takes up another or declines what we offered: a question or a thank-you changes nothing.
//   G2. Only a "no" to an offer of ours (more help, a visit) ends a goal.
import type { Goal } from './lead-intent.ts'
import type { ReplyReading } from './reply.ts'
import type { SpeechActs } from './speech-acts.ts'

export interface GoalContext {
  readonly goal: Goal
  readonly hasOffer: boolean
  readonly lastReply: ReplyReading
  readonly acts: SpeechActs
  /** This turn said something about the wanted home (area, rooms, budget, pets…). */
  readonly saysWish: boolean
  readonly saysDate: boolean
}

export function nextGoal (context: GoalContext): Goal {
  const { acts, goal } = context
  if (acts.sells) return 'sell_home'
  switch (goal) {
    case 'find_home': return afterSearch(context)
    case 'schedule_visit': return afterVisit(context)
    case 'note_visit': return isDone(context) ? 'none' : 'note_visit'
    case 'sell_home': return isDone(context) ? 'none' : acts.wantsHome && acts.wantsOthers ? 'find_home' : 'sell_home'
    case 'none': return fromNothing(context)
  }
}

function afterSearch (context: GoalContext): Goal {
  const { acts, lastReply } = context
  if (acts.wantsOthers) return 'find_home'
  if (lastReply.offersVisit && acts.declines && !context.saysDate) return 'none'
  if (isDone(context)) return 'none'
  if (!context.hasOffer) return 'find_home'
  const takesVisit = acts.wantsVisit || context.saysDate || (lastReply.offersVisit && acts.agrees)
  return takesVisit && !acts.declines ? 'schedule_visit' : 'find_home'
}

function afterVisit (context: GoalContext): Goal {
  const { acts, lastReply } = context
  if (acts.wantsCalendarEntry || (lastReply.asksCalendarEntry && !acts.declines)) return 'note_visit'
  if (lastReply.offersVisit && acts.declines && !context.saysDate) return 'none'
  if (acts.wantsOthers && acts.wantsHome && !acts.wantsVisit && !context.saysDate) return 'find_home'
  return isDone(context) ? 'none' : 'schedule_visit'
}

function fromNothing (context: GoalContext): Goal {
  const { acts } = context
  if (isDone(context)) return 'none'
  if (context.hasOffer && (acts.wantsVisit || context.saysDate)) return 'schedule_visit'
  return acts.wantsHome || context.saysWish ? 'find_home' : 'none'
}

/** "No, thank you" to "anything else?". */
function isDone ({ acts, lastReply }: GoalContext): boolean {
  return lastReply.offersMoreHelp && !lastReply.confirmsVisit && (acts.declines || acts.parts || acts.thanks) && !acts.wantsVisit && !acts.wantsCalendarEntry
}
