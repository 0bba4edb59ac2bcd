// What a check can find: the closed list.

export const findingCodes = {
  BUNDLE_UNREADABLE: 'A line is not one of a bundle, or not in its canonical form.',
  BUNDLE_TRUNCATED: 'The bundle ends before its last line: it was cut, or its export was ended early.',
  KEY_WRONG: 'A checkpoint was signed with another key than the one that is trusted.',
  SIGNATURE_INVALID: 'A checkpoint is not what the key signed.',
  CHECKPOINT_MISMATCH: 'The statements don\'t lead to what the checkpoint signed: one of them was replaced.',
  CHECKPOINT_ROLLED_BACK: 'The bundle ends with an older checkpoint than one that is known.',
  CHECKPOINT_UNPROVEN: 'The bundle doesn\'t say whether a known checkpoint belongs to its history: export it again with --checkpoint.',
  HISTORY_FORKED: 'Two checkpoints of one key contradict each other: two histories were signed.',
  STATEMENT_WRONG: 'A statement was changed, moved, left out or put in.',
  RANGE_NOT_COVERED: 'The bundle leaves out part of the time that it claims to cover.',
  EVENT_CHANGED: 'An event is not what was sealed: a field was changed.',
  EVENT_MISSING: 'An event that was sealed is not there: its row was deleted.',
  EVENT_INSERTED: 'An event was never sealed: its row was put in.',
  EVENT_MOVED: 'An event stands at another\'s place: rows were swapped.',
  EVENT_DUPLICATED: 'An event is there twice.',
  EVENT_RESEALED: 'Events and their leaves fit each other, but not what was signed: they were changed together.',
  LEAF_CHANGED: 'The event is what was sealed; the hash stored beside it was changed.',
  TAIL_MISSING: 'A log is shorter than what was signed: its end was cut off.'
} as const satisfies Record<string, string>

export type FindingCode = keyof typeof findingCodes

export interface Finding {
  readonly code: FindingCode
  readonly detail: string
  /** Line of the bundle, from 1; null where it is about what isn't there. */
  readonly line: number | null
  readonly log: number | null
  /** The place, or the first of those that it may be. */
  readonly index: number | null
  /** The last place that it may be; the same as `index` where the place is certain. */
  readonly lastIndex: number | null
  readonly eventId: string | null
}

export interface FindingFacts {
  readonly line?: number | undefined
  readonly log?: number
  readonly index?: number
  readonly lastIndex?: number
  readonly eventId?: string | undefined
}

export function finding (code: FindingCode, detail: string, facts: FindingFacts = {}): Finding {
  const { line = null, log = null, index = null, lastIndex = index, eventId = null } = facts
  return { code, detail, line, log, index, lastIndex, eventId }
}
