// What the hot tier holds, as it says itself, and whether to believe it.
//
// C1. Everything archived at or after `sinceMs` is there, if every partition's archiver said so within its lease, without a gap,
//     to the very Redis that is asked: not one that was started again, nor one that has thrown keys out.
// C2. What is not known is not covered.
// C3. A story is whole only if nothing in it points to before `sinceMs`: neither an event, nor the append or the making of the
//     dispatch that it is about.

import type { AuditEvent } from '@mesh/schemas'

export interface PartitionState {
  readonly offset: number
  readonly leaseUntilMs: number
  readonly hasGap: boolean
  readonly redisId: string
}

export interface Coverage {
  readonly partitionCount: number
  readonly sinceMs: number
  readonly hotMs: number
  readonly partitions: ReadonlyMap<number, PartitionState>
}

export type Trust =
  | { readonly isTrusted: true, readonly sinceMs: number }
  | { readonly isTrusted: false, readonly why: string }

/** Undefined where nothing, or nothing that can be read, is said. */
export function coverageOf (fields: ReadonlyMap<string, string>): Coverage | undefined {
  const [partitionCount, sinceMs, hotMs] = ['partitions', 'since', 'hot'].map(name => Number(fields.get(name) ?? Number.NaN))
  if (!isNumber(partitionCount) || !isNumber(sinceMs) || !isNumber(hotMs)) return undefined
  const partitions = new Map<number, PartitionState>()
  for (const [name, text] of fields) {
    if (!name.startsWith('p:')) continue
    const [offset, leaseUntilMs, gap, redisId = ''] = text.split(' ')
    partitions.set(Number(name.slice(2)), { offset: Number(offset), leaseUntilMs: Number(leaseUntilMs), hasGap: gap !== '0', redisId })
  }
  return { partitionCount, sinceMs, hotMs, partitions }
}

export function trustIn (coverage: Coverage | undefined, redisId: string, nowMs: number): Trust {
  if (coverage === undefined) return { isTrusted: false, why: 'the hot tier is empty' }
  for (let partition = 0; partition < coverage.partitionCount; partition++) {
    const state = coverage.partitions.get(partition)
    if (state === undefined) return { isTrusted: false, why: `partition ${partition} is not in the hot tier yet` }
    if (state.redisId !== redisId) return { isTrusted: false, why: 'Redis was started again, or has thrown keys out' }
    if (!(state.leaseUntilMs > nowMs)) return { isTrusted: false, why: `no archiver vouches for partition ${partition}` }
    if (state.hasGap) return { isTrusted: false, why: `partition ${partition} has a gap that is not filled yet` }
  }
  return { isTrusted: true, sinceMs: Math.max(coverage.sinceMs, nowMs - coverage.hotMs) }
}

/** Why these may not be all events of their dispatches, or undefined. */
export function reachBehind (events: readonly AuditEvent[], sinceMs: number): string | undefined {
  const isBehind = events.some(({ atMs, appendedAtMs, issuedAtMs }) => Math.min(atMs, appendedAtMs, issuedAtMs ?? appendedAtMs) < sinceMs)
  return isBehind ? 'it began before what the hot tier holds' : undefined
}

/** Each event once, in the archive's order. */
export function inOrder (events: readonly AuditEvent[]): AuditEvent[] {
  const byId = new Map<string, AuditEvent>()
  for (const event of events) if (!byId.has(event.eventId)) byId.set(event.eventId, event)
  return [...byId.values()].sort((a, b) => a.atMs - b.atMs || (a.eventId < b.eventId ? -1 : 1))
}

function isNumber (value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value)
}
