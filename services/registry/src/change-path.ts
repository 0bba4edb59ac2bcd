// The path of whatever an operator asks for, from the question to its effect.
//
// P1. One at a time, in one queue with the registrations: the next is decided when the last is visible in the state.
// P2. The audit record is acknowledged before the effect: no change without its record. A registry that dies in between leaves
//     a record of a change that was not made; the `before` of the next one shows it (DECISIONS 9).
// P3. The answer is given after the change is in the state that GET reads.
// P4. What is so already writes nothing.

import type { ControlChange } from '@mesh/schemas'
import { changeRecord, type AskedChange, type ChangeDecision } from './core/control-change.ts'
import type { SerialQueue } from './serial-queue.ts'

export interface ChangePathPorts {
  readonly queue: SerialQueue
  nowMs (): number
  newId (): string
  /** Resolves with its offset when the change is in mesh.changes, with all replicas' acknowledgement. */
  record (change: ControlChange): Promise<number>
}

export type ChangeResult<V> = ChangeDecision<V> & { readonly changeId?: string }

/** Resolves when everything that is in its topic now is in the state. */
export interface CaughtUp { caughtUp (): Promise<void> }

export interface Change<V> {
  readonly asked: AskedChange
  /** What the decision looks at. */
  readonly tables: readonly CaughtUp[]
  decide (): ChangeDecision<V> | Promise<ChangeDecision<V>>
  /** Makes it so, and resolves when the state says so. */
  write (after: V | null, facts: { readonly atMs: number, readonly recordOffset: number }): Promise<void>
}

export type ChangePath = <V>(change: Change<V>) => Promise<ChangeResult<V>>

export function changePath ({ queue, nowMs, newId, record }: ChangePathPorts): ChangePath {
  return ({ asked, tables, decide, write }) => queue.run(async () => {
    await Promise.all(tables.map(table => table.caughtUp()))
    const decision = await decide()
    if (decision.outcome !== 'changed') return decision
    const facts = { changeId: newId(), atMs: nowMs() }
    const recordOffset = await record(changeRecord(decision, asked, facts))
    await write(decision.after, { atMs: facts.atMs, recordOffset })
    return { ...decision, changeId: facts.changeId }
  })
}
