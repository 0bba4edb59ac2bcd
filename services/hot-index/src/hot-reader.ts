// Asks the hot tier; whoever asks goes to the archive with whatever is not answered as complete.
//
// H1. `complete` is said only if nothing that was archived since `sinceMs` is missing, as of a lease ago. What is older may be in the
//     archive: of a dispatch nothing is (its events say when it was made), a workflow may have been quiet for longer.
// H2. It never throws because of Redis, and waits for it no longer than `answerMsMax`.

import type { AuditEvent } from '@mesh/schemas'
import { coverageOf, inOrder, reachBehind, trustIn } from './core/coverage.ts'
import { eventsIn } from './core/frames.ts'
import { bounds, eventOf, prefixOf } from './layout.ts'
import { loadScript, openConnection } from './redis-connection.ts'

export type HotAnswer<T> =
  | { readonly outcome: 'complete', readonly sinceMs: number, readonly value: T }
  /** Nothing there; the archive may know it all the same. */
  | { readonly outcome: 'absent', readonly why: string }
  /** Something is there, and may not be all. */
  | { readonly outcome: 'incomplete', readonly why: string }

export interface HotReader {
  /** In the order of the archive: by time, then by id. */
  eventsOfDispatch (dispatchId: string): Promise<HotAnswer<AuditEvent[]>>
  eventsOfWorkflow (workflowId: string): Promise<HotAnswer<AuditEvent[]>>
  /** Sorted. */
  dispatchesOfWorkflow (workflowId: string): Promise<HotAnswer<string[]>>
  close (): Promise<void>
}

export interface HotReaderOptions {
  readonly redisUrl: string
  readonly namespace: string
  /** Schema of the archive that it is a copy of. */
  readonly archive: string
  readonly answerMsMax?: number
}

const answerMsDefault = 500
const readScript = loadScript('read.lua')

interface Found { readonly sinceMs: number, readonly ids: readonly string[], readonly values: readonly (Buffer | null)[] }

export function openHotReader ({ redisUrl, namespace, archive, answerMsMax = answerMsDefault }: HotReaderOptions): HotReader {
  const connection = openConnection(redisUrl, answerMsMax)
  const prefix = prefixOf(namespace, archive)

  async function find (kind: 'd' | 'w', id: string): Promise<HotAnswer<Found>> {
    try {
      const { answers, facts } = await connection.callsWithFacts(readScript, [[prefix, kind, id, bounds.workflowDispatchesMax - 1]])
      const [nowMs, fields, ids, values] = answers[0] as [number, Buffer[], Buffer[], (Buffer | null)[]]
      const trust = trustIn(coverageOf(new Map(pairs(fields.map(String)))), facts.redisId, nowMs)
      if (!trust.isTrusted) return { outcome: 'incomplete', why: trust.why }
      const value = { sinceMs: trust.sinceMs, ids: ids.map(String), values }
      if (ids.length === 0 || (kind === 'd' && !values[0])) return { outcome: 'absent', why: 'the hot tier has nothing of it' }
      if (ids.length >= bounds.workflowDispatchesMax) return { outcome: 'incomplete', why: `it has ${bounds.workflowDispatchesMax} dispatches or more` }
      if (ids.some((_id, index) => !values[index])) return { outcome: 'incomplete', why: 'some of it is no longer in the hot tier' }
      return { outcome: 'complete', sinceMs: trust.sinceMs, value }
    } catch (error) {
      return { outcome: 'incomplete', why: (error as Error).message }
    }
  }

  async function events (kind: 'd' | 'w', id: string): Promise<HotAnswer<{ readonly found: Found, readonly events: AuditEvent[] }>> {
    const found = await find(kind, id)
    if (found.outcome !== 'complete') return found
    let all: AuditEvent[]
    try {
      all = found.value.values.flatMap(value => eventsIn(value!).map(eventOf))
    } catch (error) {
      return { outcome: 'incomplete', why: `it can't be read: ${(error as Error).message}` }
    }
    const why = reachBehind(all, found.sinceMs)
    if (why !== undefined) return { outcome: 'incomplete', why }
    return { ...found, value: { found: found.value, events: inOrder(kind === 'd' ? all : all.filter(({ workflowId }) => workflowId === id)) } }
  }

  return {
    eventsOfDispatch: async id => mapped(await events('d', id), ({ events }) => events),
    eventsOfWorkflow: async id => mapped(await events('w', id), ({ events }) => events),
    dispatchesOfWorkflow: async id => mapped(await events('w', id), ({ found }) => [...found.ids].sort()),
    close: connection.close
  }
}

function mapped<A, B> (answer: HotAnswer<A>, change: (value: A) => B): HotAnswer<B> {
  return answer.outcome === 'complete' ? { ...answer, value: change(answer.value) } : answer
}

function pairs (list: readonly string[]): [string, string][] {
  return Array.from({ length: Math.floor(list.length / 2) }, (_, i) => [list[2 * i]!, list[2 * i + 1]!])
}
