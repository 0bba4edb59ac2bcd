// A workflow's archived events as a tree of hops, in the order in which a reader follows them.
//
// Invariants:
//   T1. Each dispatch is one hop, at exactly one place, whatever the data: a parent that isn't there or a circle of
//       parents makes a root that says so.
//   T2. A delivered answer is part of its request's hop; an answer that was refused or late is a hop of its own. What a
//       handler says of its progress, and a caller that gives up, are no hops.
//   T3. A dispatch that waited in the mesh is one hop: its decision is the one that let it through in the end.
//   T4. Children follow their parent in the order of their append; no recursion, so no depth is too deep.
import { isoTime } from './iso-time.ts'

export interface ArchivedEvent {
  readonly decision: string
  readonly outcome: string | null
  readonly reason: string | null
  readonly dispatchId: string
  readonly parentId: string | null
  readonly inReplyTo: string | null
  readonly type: string | null
  readonly source: string | null
  readonly target: string | null
  readonly capability: string | null
  readonly priority: number | null
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly latencyMs: number
  readonly agentMs: number | null
  readonly appendedAtMs: number
  readonly atMs: number
  /** When it is to go on, where it was deferred. */
  readonly dueAtMs: number | null
}

export type Anomaly = 'parent_missing' | 'parent_circle'

export interface Reply {
  readonly dispatchId: string
  readonly type: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly latencyMs: number
  readonly at: string
}

/** How a dispatch waited in the mesh. */
export interface Wait {
  /** Why: a reason code. */
  readonly reason: string | null
  /** When it was to go on, as decided when it came. */
  readonly until: string
  /** From the decision that it waits to the one that ended the waiting; null while it waits. */
  readonly waitedMs: number | null
}

export interface Hop {
  readonly depth: number
  readonly dispatchId: string
  readonly parentId: string | null
  readonly source: string | null
  readonly target: string | null
  readonly capability: string | null
  readonly type: string | null
  readonly priority: number | null
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** From append to the decision that let it through or refused it. */
  readonly latencyMs: number
  /** Requests: from append to the outcome. */
  readonly totalMs: number | null
  /** Requests: from delivery to the append of the answer. */
  readonly agentMs: number | null
  /** Null while a request waits for its outcome. */
  readonly outcome: string | null
  readonly reason: string | null
  /** When it was decided. */
  readonly at: string
  readonly reply: Reply | null
  readonly wait: Wait | null
  /** How often the same id came again. */
  readonly repeats: number
  readonly anomaly: Anomaly | null
}

const admissions: ReadonlySet<string> = new Set(['delivered', 'released', 'refused', 'repeated', 'late'])
const passes: ReadonlySet<string> = new Set(['delivered', 'released'])
const terminals: ReadonlySet<string> = new Set(['completed', 'timed_out', 'cancelled', 'dead_lettered'])
/** What is said about a request while it is handled is part of its story, not a hop. */
const asides: ReadonlySet<string> = new Set(['progress', 'cancel'])

interface Dispatched {
  readonly admission: ArchivedEvent
  readonly terminal: ArchivedEvent | undefined
  readonly deferred: ArchivedEvent | undefined
  readonly repeats: number
  reply: ArchivedEvent | undefined
}

export function buildTrace (events: readonly ArchivedEvent[]): Hop[] {
  const all = dispatches(events)
  const folded = foldReplies(all)
  const children = new Map<string, string[]>()
  const roots: string[] = []
  for (const [id, { admission }] of all) {
    if (folded.has(id)) continue
    const parent = parentOf(admission, folded)
    if (parent !== null && all.has(parent)) push(children, parent, id)
    else roots.push(id)
  }
  const hops: Hop[] = []
  const seen = new Set<string>()
  for (const root of roots) walk(root, all.get(root)!.admission.parentId === null ? null : 'parent_missing')
  // What no root leads to hangs on a circle: its earliest member begins it.
  for (const id of all.keys()) if (!seen.has(id) && !folded.has(id)) walk(id, 'parent_circle')
  return hops

  function walk (root: string, anomaly: Anomaly | null): void {
    const stack = [{ id: root, depth: 0 }]
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { id, depth } = next
      if (seen.has(id)) continue
      seen.add(id)
      hops.push(toHop(all.get(id)!, depth, id === root ? anomaly : null))
      for (const child of (children.get(id) ?? []).toReversed()) stack.push({ id: child, depth: depth + 1 })
    }
  }
}

/** Dispatches that wait: requests for their outcome, deferred ones for their time. */
export function pendingCount (hops: readonly Hop[]): number {
  return hops.filter(hop => hop.outcome === null).length
}

// In the order of their append, which is the order of the map.
function dispatches (events: readonly ArchivedEvent[]): Map<string, Dispatched> {
  const byId = new Map<string, ArchivedEvent[]>()
  for (const event of events.toSorted(byTime)) if (event.decision !== 'restated' && !asides.has(event.type ?? '')) push(byId, event.dispatchId, event)
  const found: [string, Dispatched][] = []
  for (const [id, own] of byId) {
    const admitted = own.filter(({ decision }) => admissions.has(decision))
    const terminal = own.find(({ decision, outcome }) => terminals.has(decision) && outcome !== null)
    const deferred = own.find(({ decision }) => decision === 'deferred')
    const decided = admitted.find(({ decision }) => passes.has(decision)) ?? (deferred === undefined ? admitted[0] : refusalAfter(deferred, admitted))
    const admission = decided ?? deferred ?? own[0]!
    found.push([id, { admission, terminal, deferred, repeats: admitted.filter(event => event !== admission).length, reply: undefined }])
  }
  return new Map(found.sort(([, a], [, b]) => byTime(a.admission, b.admission)))
}

/** What ended the waiting of a dispatch that was not let through: not the refusal of another that came with its id. */
function refusalAfter (deferred: ArchivedEvent, admitted: readonly ArchivedEvent[]): ArchivedEvent | undefined {
  return admitted.find(({ decision, topic, partition, offset }) =>
    decision === 'refused' && topic === deferred.topic && partition === deferred.partition && offset === deferred.offset)
}

function foldReplies (all: ReadonlyMap<string, Dispatched>): Map<string, string> {
  const folded = new Map<string, string>()
  for (const [id, { admission }] of all) {
    const request = admission.inReplyTo === null || !passes.has(admission.decision) ? undefined : all.get(admission.inReplyTo)
    if (request === undefined || request.reply !== undefined || request.admission.inReplyTo !== null) continue
    request.reply = admission
    folded.set(id, admission.inReplyTo!)
  }
  return folded
}

// An answer belongs below its request; a child of an answer below the request that it answers.
function parentOf (event: ArchivedEvent, folded: ReadonlyMap<string, string>): string | null {
  const parent = event.inReplyTo ?? event.parentId
  return parent === null ? null : folded.get(parent) ?? parent
}

function toHop ({ admission, terminal, deferred, reply, repeats }: Dispatched, depth: number, anomaly: Anomaly | null): Hop {
  const { dispatchId, parentId, source, target, capability, type, priority, topic, partition, offset, latencyMs } = admission
  return {
    depth, dispatchId, parentId, source, target, capability, type, priority, topic, partition, offset, latencyMs,
    totalMs: terminal?.latencyMs ?? null,
    agentMs: terminal?.agentMs ?? null,
    outcome: terminal?.outcome ?? admission.outcome,
    reason: terminal?.reason ?? admission.reason,
    at: isoTime(admission.atMs),
    reply: reply === undefined ? null : toReply(reply),
    wait: deferred === undefined ? null : toWait(deferred, admission === deferred ? terminal : admission),
    repeats,
    anomaly
  }
}

function toWait (deferred: ArchivedEvent, ended: ArchivedEvent | undefined): Wait {
  const waitedMs = ended === undefined ? null : Math.max(0, ended.atMs - deferred.atMs)
  return { reason: deferred.reason, until: isoTime(deferred.dueAtMs ?? Infinity), waitedMs }
}

function toReply ({ dispatchId, type, topic, partition, offset, latencyMs, atMs }: ArchivedEvent): Reply {
  return { dispatchId, type: type ?? 'response', topic, partition, offset, latencyMs, at: isoTime(atMs) }
}

function byTime (a: ArchivedEvent, b: ArchivedEvent): number {
  const byTopic = a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0
  return a.appendedAtMs - b.appendedAtMs || a.atMs - b.atMs || byTopic || a.partition - b.partition || a.offset - b.offset
}

function push<K, V> (map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
