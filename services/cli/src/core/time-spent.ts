// Where the time of a dispatch went, from its append to its outcome.
//
// Invariants:
//   S1. The pieces follow one another without gap or overlap: together they are the time from the first append to the newest
//       decision that moved it, or to now where it still waits. No piece is negative, whatever the data.
//   S2. Time that can't be told apart is not: without the handler's own time, queue and handler are one piece.
import type { AuditEvent } from '@mesh/schemas'

export const timePlaces = {
  topic: 'in the dispatch topic, before the coordinator decided',
  deferral: 'deferred in the mesh',
  agent: 'with the agent: queue and handler',
  agent_queue: 'in the agent\'s queue, and on the way there and back',
  handler: 'in the handler',
  coordinator: 'the answer, before the coordinator decided',
  backoff: 'between two attempts',
  set_aside: 'a dead letter, until it was sent again'
} as const satisfies Record<string, string>

export type TimePlace = keyof typeof timePlaces

export interface TimeSpent {
  readonly place: TimePlace
  readonly ms: number
  readonly attempt: number
  /** It waits there now. */
  readonly isOpen: boolean
}

export type Timed = Pick<AuditEvent, 'atMs' | 'appendedAtMs' | 'decision' | 'outcome' | 'reason' | 'attempt' | 'agentMs' | 'handlerMs'>

// In the order in which they can follow one another at one instant; what is not listed moves nothing.
const moves = ['delivered', 'deferred', 'refused', 'released', 'retried', 'redelivered', 'cancelled', 'timed_out', 'completed', 'dead_lettered'] as const
const rankOf = new Map<string, number>(moves.map((decision, rank) => [decision, rank]))

export function byTime (a: Timed, b: Timed): number {
  return a.atMs - b.atMs || (rankOf.get(a.decision) ?? moves.length) - (rankOf.get(b.decision) ?? moves.length)
}

/** The decisions of one dispatch, in any order; repeats, progress and the like are passed over. */
export function timeSpent (events: readonly Timed[], nowMs: number): TimeSpent[] {
  const spent: TimeSpent[] = []
  const add = (place: TimePlace, ms: number, attempt: number, isOpen = false): void => { if (ms > 0 || isOpen) spent.push({ place, ms, attempt, isOpen }) }
  let place: TimePlace | undefined
  let lastMs = 0
  let attempt = 1
  for (const event of events.filter(isMove).sort(byTime)) {
    const atMs = Math.max(event.atMs, lastMs)
    if (place === undefined) lastMs = Math.min(event.appendedAtMs, atMs)
    else if (place === 'set_aside') {
      const againMs = clamp(event.appendedAtMs, lastMs, atMs)
      add('set_aside', againMs - lastMs, attempt)
      lastMs = againMs
    }
    attempt = Math.max(1, event.attempt)
    if (place === undefined || place === 'set_aside') add('topic', atMs - lastMs, attempt)
    else if (place === 'agent') addAgent(event, atMs - lastMs, add)
    else add(place, atMs - lastMs, attempt)
    lastMs = atMs
    place = placeAfter(event)
  }
  if (place !== undefined && place !== 'set_aside') add(place, Math.max(0, nowMs - lastMs), attempt, true)
  return spent
}

export function totalMs (spent: readonly TimeSpent[]): number {
  return spent.reduce((sum, { ms }) => sum + ms, 0)
}

function addAgent ({ agentMs, handlerMs, attempt, decision }: Timed, intervalMs: number, add: (place: TimePlace, ms: number, attempt: number) => void): void {
  const withAgentMs = decision === 'completed' ? clamp(agentMs ?? intervalMs, 0, intervalMs) : intervalMs
  if (handlerMs === null) add('agent', withAgentMs, attempt)
  else {
    const inHandlerMs = clamp(handlerMs, 0, withAgentMs)
    add('agent_queue', withAgentMs - inHandlerMs, attempt)
    add('handler', inHandlerMs, attempt)
  }
  add('coordinator', intervalMs - withAgentMs, attempt)
}

// What comes after an outcome can only be that it was sent again by an operator.
function placeAfter ({ decision, outcome }: Timed): TimePlace {
  if (outcome !== null) return 'set_aside'
  if (decision === 'deferred') return 'deferral'
  return decision === 'retried' ? 'backoff' : 'agent'
}

// Another content under the same id is refused by itself and moves nothing.
const isMove = ({ decision, reason }: Timed, index: number): boolean => rankOf.has(decision) && (index === 0 || reason !== 'DUPLICATE_CONFLICT')

const clamp = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max)
