// Orders of operators about dead letters: send again, or discard.
//
// D1. What was sent again or discarded is settled: it is neither sent nor discarded by mistake a second time, and who asks is
//     told who did it. It is sent again all the same for who says so.
// D2. Nothing is removed: a discarded dead letter lies in its topic until retention takes it.

import { changed, refused, type ChangeDecision } from './control-change.ts'
import { deadLetterEntity, type ChangeStates, type DeadLetterState } from './change-states.ts'

export interface DeadLetterPlace { readonly partition: number, readonly offset: number }
export interface DeadLetterOutcome { readonly state: DeadLetterState, readonly who: string }
export interface AskedOutcome extends DeadLetterOutcome {
  /** Send it again although it is settled. */
  readonly again: boolean
}

const said: Readonly<Record<DeadLetterState, string>> = { redriven: 'sent again', discarded: 'discarded' }

export function decideDeadLetter ({ partition, offset }: DeadLetterPlace, asked: AskedOutcome, { deadLetters }: Pick<ChangeStates, 'deadLetters'>): ChangeDecision<DeadLetterOutcome> {
  const before = deadLetters.get(`${partition}/${offset}`)
  if (before !== undefined && !asked.again) {
    return refused('DEAD_LETTER_SETTLED', `The dead letter ${partition}/${offset} was ${said[before.state]} by ${before.who} at ${new Date(before.atMs).toISOString()}.`)
  }
  const was = before === undefined ? null : { state: before.state, who: before.who }
  return changed(deadLetterEntity(partition, offset), was, { state: asked.state, who: asked.who })
}
