// The hot tier as it is written and kept up; the archiver's side.
//
// S1. Writing an event again changes nothing. A write that fails has written whole dispatches or none of them.
// S2. A partition's position moves in the call that writes the last of its chunk, so a Redis that lost something can't claim it.
// S3. Nothing here waits longer than `answerMsMax`.

import type { AuditEvent } from '@mesh/schemas'
import { coverageOf, type Coverage } from './core/coverage.ts'
import { bounds, eventFrame, liveSeconds, prefixOf } from './layout.ts'
import { loadScript, openConnection, type RedisFacts } from './redis-connection.ts'

export interface HotStoreOptions {
  readonly redisUrl: string
  readonly namespace: string
  /** Schema of the archive that it is a copy of. */
  readonly archive: string
  /** How far back events are hot. */
  readonly hotMs: number
  readonly answerMsMax?: number
}

export interface PositionMove {
  readonly partition: number
  /** It must be here at least, or Redis has lost something. */
  readonly lowOffset: number
  readonly nextOffset: number
}

export interface OwnPartition {
  readonly partition: number
  readonly lowOffset: number
  readonly highOffset: number
  readonly hasGap: boolean
}

export interface HotState extends RedisFacts {
  readonly coverage: Coverage | undefined
  /** What the tier takes, about, by the hour that its dispatches began in; oldest first. */
  readonly hours: readonly { readonly hour: number, readonly bytes: number }[]
  readonly bytes: number
}

export interface HotStore {
  /** Grows with every connection; see R2 there. */
  readonly generation: number
  /** `isLost`: this Redis doesn't have what it should; the position did not move. With what Redis takes afterwards. */
  write (events: readonly AuditEvent[], move?: PositionMove): Promise<RedisFacts & { readonly isLost: boolean }>
  /** Answers whether this Redis had lost something; then nothing before `nothingSinceMs` is covered any more. */
  beat (own: readonly OwnPartition[], facts: { readonly partitionCount: number, readonly leaseMs: number, readonly nothingSinceMs: number }): Promise<boolean>
  state (): Promise<HotState>
  /** Answers how many of the hour are left. */
  evictSome (hour: number): Promise<number>
  /** False where the coverage was changed meanwhile. */
  lower (fromMs: number, toMs: number): Promise<boolean>
  close (): Promise<void>
}

const answerMsDefault = 1_000
const writeScript = loadScript('write.lua')
const beatScript = loadScript('beat.lua')
const evictScript = loadScript('evict.lua')
const lowerScript = loadScript('lower.lua')

type Arg = string | number | Buffer

export function openHotStore ({ redisUrl, namespace, archive, hotMs, answerMsMax = answerMsDefault }: HotStoreOptions): HotStore {
  const connection = openConnection(redisUrl, answerMsMax)
  const prefix = prefixOf(namespace, archive)
  return {
    get generation () { return connection.generation },
    async write (events, move) {
      const { answers, facts } = await connection.callsWithFacts(writeScript, writeCalls(prefix, hotMs, events, move))
      return { ...facts, isLost: answers.at(-1) === 0 }
    },
    async beat (own, { partitionCount, leaseMs, nothingSinceMs }) {
      if (own.length === 0) return false
      const { redisId } = await connection.facts()
      const states = own.flatMap(({ partition, lowOffset, highOffset, hasGap }) => [partition, lowOffset, highOffset, hasGap ? 1 : 0])
      const [answer] = await connection.calls(beatScript, [[prefix, leaseMs, partitionCount, hotMs, redisId, nothingSinceMs, ...states]])
      return answer === 1
    },
    async state () {
      const [facts, coverage, buckets] = await Promise.all([connection.facts(), connection.hash(`${prefix}coverage`), connection.hash(`${prefix}buckets`)])
      const hours = [...buckets].map(([hour, bytes]) => ({ hour: Number(hour), bytes: Number(bytes) })).sort((a, b) => a.hour - b.hour)
      return { ...facts, coverage: coverageOf(coverage), hours, bytes: hours.reduce((sum, { bytes }) => sum + bytes, 0) }
    },
    async evictSome (hour) {
      const [left] = await connection.calls(evictScript, [[prefix, hour, bounds.evictedAtOnceMax, bounds.keyBytes]])
      return Number(left)
    },
    async lower (fromMs, toMs) {
      const [answer] = await connection.calls(lowerScript, [[prefix, fromMs, toMs]])
      return answer === 1
    },
    close: connection.close
  }
}

interface Group { readonly id: string, readonly workflow: string, firstMs: number, readonly frames: Buffer[] }

/** Calls of at most `callDispatchesMax` dispatches; the last one moves the position. */
function writeCalls (prefix: string, hotMs: number, events: readonly AuditEvent[], move: PositionMove | undefined): Arg[][] {
  const groups = groupsOf(events)
  const head = [prefix, liveSeconds(hotMs), bounds.workflowDispatchesMax, bounds.keyBytes]
  const calls: Arg[][] = []
  for (let from = 0; from < groups.length || from === 0; from += bounds.callDispatchesMax) {
    const isLast = from + bounds.callDispatchesMax >= groups.length
    const call: Arg[] = isLast && move !== undefined ? [...head, move.partition, move.lowOffset, move.nextOffset] : [...head, '', 0, 0]
    for (const { id, workflow, firstMs, frames } of groups.slice(from, from + bounds.callDispatchesMax)) {
      call.push(id, workflow, Math.floor(firstMs / 1000), frames.length)
      for (const frame of frames) call.push(frame)
    }
    calls.push(call)
  }
  return calls
}

/** Events without a dispatch can't be asked for by one. */
function groupsOf (events: readonly AuditEvent[]): Group[] {
  const groups = new Map<string, Group>()
  for (const event of events) {
    const { dispatchId, workflowId, atMs } = event
    if (dispatchId === null || dispatchId === '') continue
    const workflow = workflowId ?? ''
    const key = `${dispatchId.length} ${dispatchId}${workflow}`
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { id: dispatchId, workflow, firstMs: atMs, frames: [eventFrame(event)] })
    else {
      known.firstMs = Math.min(known.firstMs, atMs)
      known.frames.push(eventFrame(event))
    }
  }
  return [...groups.values()]
}
