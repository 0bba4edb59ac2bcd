// Entries by what they share.
import type { Entry, Fate, History, Logged } from './history.ts'

export function grouped<T> (items: Iterable<T>, keyOf: (item: T) => string | null | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === null || key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

export type Of<K extends Entry['kind']> = Extract<Entry, { kind: K }>

export function entriesOf<K extends Entry['kind']> (history: History, kind: K): Of<K>[] {
  return history.filter((entry): entry is Of<K> => entry.kind === kind)
}

/** Those on topics that a reader of committed data sees, in order of offset within a partition. */
export function committed<K extends Extract<Entry, Logged>['kind']> (history: History, kind: K, fate: Fate = 'committed'): Of<K>[] {
  const entries = entriesOf(history, kind) as (Of<K> & Logged)[]
  return entries.filter(entry => (entry as Logged).fate === fate).sort(byPlace)
}

export const byPlace = (a: Logged, b: Logged): number => a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition || a.offset - b.offset
