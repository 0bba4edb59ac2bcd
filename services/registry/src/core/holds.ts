// Legal holds: stretches of time of which the archive may drop nothing.
//
// L1. The record in mesh.changes is the hold; who drops days (the archiver) reads it where it archives it, for as long as the archive
//     lasts. What this registry remembers of it is what the topic still has.
// L2. A release is written whether or not the hold is remembered here: the archive may know it.
// L3. Workflow and agent say what it is about; it keeps the whole days.

import { bounds } from './field-rules.ts'
import { holdEntity, type ChangeStates } from './change-states.ts'
import { changed, decided, refused, type ChangeDecision } from './control-change.ts'

export interface Hold {
  readonly fromMs: number
  readonly toMs: number
  readonly workflow: string | null
  readonly agent: string | null
}

export function decideHold (holdId: string, hold: Hold, { holds }: Pick<ChangeStates, 'holds'>): ChangeDecision<Hold> {
  if (hold.toMs < hold.fromMs) return refused('INVALID_REQUEST', '`toMs` is before `fromMs`.')
  if (!holds.has(holdId) && holds.size >= bounds.holdsMax) return refused('REGISTRY_FULL', `The registry holds ${bounds.holdsMax} legal holds, which is its bound.`)
  return decided(holdEntity(holdId), holds.get(holdId) ?? null, hold)
}

export function decideRelease (holdId: string, { holds }: Pick<ChangeStates, 'holds'>): ChangeDecision<Hold> {
  const before = holds.get(holdId) ?? null
  const release = changed<Hold>(holdEntity(holdId), before, null)
  return before === null ? { ...release, warnings: [`This registry does not remember a hold ${holdId}; if the archive has one, it is released.`] } : release
}
