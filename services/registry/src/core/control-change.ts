// What a change of control state is: from what to what, who asked for it, and why.
//
// C1. What is so already is not changed: no record is written, and the answer says so.
// C2. `before` is what was in force for the entity itself: null where it had nothing of its own.

import type { ControlChange } from '@mesh/schemas'
import type { Problem, RegistryCode } from './codes.ts'

export interface AskedChange {
  readonly who: string
  readonly why: string | null
}

export type ChangeDecision<V> =
  | { readonly outcome: 'changed' | 'unchanged', readonly entity: string, readonly before: V | null, readonly after: V | null, readonly warnings: readonly string[] }
  | { readonly outcome: 'refused', readonly code: RegistryCode, readonly message: string, readonly problems: readonly Problem[] }

type Taken<V> = Extract<ChangeDecision<V>, { before: unknown }>

export function decided<V> (entity: string, before: V | null, after: V | null, warnings: readonly string[] = []): Taken<V> {
  return { outcome: asJson(before) === asJson(after) ? 'unchanged' : 'changed', entity, before, after, warnings }
}

/** Changed whatever it was before: what is ordered is the doing, not a state. */
export function changed<V> (entity: string, before: V | null, after: V | null): Taken<V> {
  return { outcome: 'changed', entity, before, after, warnings: [] }
}

export function refused (code: RegistryCode, message: string): Extract<ChangeDecision<never>, { outcome: 'refused' }> {
  return { outcome: 'refused', code, message, problems: [{ code, field: '', message }] }
}

export function changeRecord ({ entity, before, after }: Taken<unknown>, { who, why }: AskedChange, facts: Pick<ControlChange, 'changeId' | 'atMs'>): ControlChange {
  return { ...facts, who, why, entity, before: asJson(before), after: asJson(after) }
}

function asJson (value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
