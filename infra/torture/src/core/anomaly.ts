// What can be wrong with a history.
import type { History } from './history.ts'

export const anomalyKinds = [
  'lost', 'duplicated', 'reordered', 'double-outcome', 'missing-outcome', 'missing-audit', 'aborted-seen', 'offset-backwards', 'corrupted', 'invented', 'stuck'
] as const
export type AnomalyKind = typeof anomalyKinds[number]

export interface Anomaly {
  readonly kind: AnomalyKind
  /** The id, place or key that it is about; with the rule and kind it names the anomaly. */
  readonly key: string
  readonly rule: string
  readonly detail: string
  /** Names (see `namesOf`) of the entries that bear on it. */
  readonly about: readonly string[]
}

export interface Rule {
  readonly name: string
  /** What it promises, as a sentence. */
  readonly promise: string
  readonly check: (history: History) => Anomaly[]
}

/** The same anomaly in a smaller history. */
export const isSame = (one: Anomaly, other: Anomaly): boolean => one.kind === other.kind && one.key === other.key && one.rule === other.rule

export function found (rule: string, kind: AnomalyKind, key: string, detail: string, ...about: readonly (string | null)[]): Anomaly {
  return { rule, kind, key, detail, about: [...new Set([key, ...about.filter(name => name !== null)])] }
}
