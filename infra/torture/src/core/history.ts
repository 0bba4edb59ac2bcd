// What happened in a run, as the checker sees it: what was intended (written by the load's own processes), what lies in
// the topics, whether committed or not, and what lies in the archive. All else is derived from these entries.

/** `open`: its transaction had neither been committed nor aborted when the topic was read last. */
export type Fate = 'committed' | 'aborted' | 'open'

export interface Logged {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly atMs: number
  readonly fate: Fate
}

export type DispatchType = 'request' | 'response' | 'event' | 'error' | 'progress' | 'cancel'

/** A record on a dispatch topic; `dispatch` is null where it can't be read as one. */
export interface Ingress extends Logged {
  readonly kind: 'ingress'
  readonly dispatch: IngressDispatch | null
}

export interface IngressDispatch {
  readonly id: string
  readonly workflow: string
  readonly type: DispatchType
  readonly source: string
  readonly priority: number
  readonly inReplyTo: string | null
  readonly replyPartition: number | null
  /** What the load wrote into the payload to know it again; null in what others send. */
  readonly token: string | null
  readonly hash: string
  /** Set on a dispatch that an operator sent again. */
  readonly isRedriven: boolean
}

/** A record on an inbox or on an answers topic that carries a dispatch. */
export interface Delivery extends Logged {
  readonly kind: 'delivery'
  readonly to: 'inbox' | 'answers'
  readonly id: string
  readonly type: DispatchType
  readonly workflow: string
  readonly source: string
  readonly target: string
  readonly priority: number
  /** The request that waits for it. */
  readonly answers: string | null
  readonly attempt: number
  /** Where its source wrote it: topic/partition/offset. */
  readonly ingress: string
  readonly token: string | null
  readonly hash: string
}

export interface Notice extends Logged {
  readonly kind: 'notice'
  readonly type: string
  readonly id: string
  readonly code: string
}

export interface AuditEvent extends Logged {
  readonly kind: 'audit'
  readonly eventId: string
  readonly decidedAtMs: number
  readonly decision: string
  readonly outcome: string | null
  readonly reason: string | null
  readonly id: string | null
  readonly type: string | null
  readonly workflow: string | null
  readonly source: string | null
  readonly target: string | null
  readonly priority: number | null
  readonly attempt: number
  readonly ingress: string
  readonly deliveredTo: string | null
}

export interface Deferred extends Logged {
  readonly kind: 'deferred'
  readonly key: string
  readonly isTombstone: boolean
  readonly id: string | null
}

export interface DeadLetter extends Logged {
  readonly kind: 'dead-letter'
  readonly ingress: string
  readonly code: string
}

/** A consumer group's committed offset; its own place is the one in Kafka's topic of offsets. */
export interface Commit extends Logged {
  readonly kind: 'commit'
  readonly group: string
  readonly of: string
  readonly nextOffset: number
}

/** The broker answered with less than its own log says that the group had committed; −1 for nothing. */
export interface Forgotten {
  readonly kind: 'forgotten'
  readonly group: string
  readonly of: string
  /** As it lies in the log. */
  readonly nextOffset: number
  readonly answered: number
  readonly atMs: number
}

/** What a source is about to send. */
export interface Intent {
  readonly kind: 'intent'
  readonly token: string
  readonly source: string
  readonly workflow: string
  readonly priority: number
  readonly type: 'request' | 'event'
  readonly hash: string
  readonly atMs: number
  /** Order in which the source sent within its workflow and class; null where it sends at the same time. */
  readonly order: number | null
  /** How often it sends it, under one id or under one idempotency key. */
  readonly times: number
}

/** The broker took it: at a place where the source saw that, else under an id. */
export interface Acked {
  readonly kind: 'acked'
  readonly token: string
  readonly id: string
  readonly place: string | null
  readonly atMs: number
}

/** What a caller was told of its request. */
export interface Answered {
  readonly kind: 'answered'
  readonly token: string
  readonly id: string
  readonly isSuccess: boolean
  /** Token that the answer speaks of, for a success. */
  readonly answerToken: string | null
  readonly code: string | null
  readonly atMs: number
}

/** A handler of the load was handed this. */
export interface Handled {
  readonly kind: 'handled'
  readonly agent: string
  readonly id: string
  readonly token: string
  readonly atMs: number
}

/** A row of the archive. */
export interface Archived {
  readonly kind: 'archived'
  readonly eventId: string
  readonly atMs: number
  readonly decision: string
  readonly outcome: string | null
  readonly id: string | null
}

/** How far the archiver says that it is. */
export interface Progress {
  readonly kind: 'progress'
  readonly of: string
  readonly nextOffset: number
  readonly atMs: number
}

export type Entry =
  | Ingress | Delivery | Notice | AuditEvent | Deferred | DeadLetter | Commit | Forgotten
  | Intent | Acked | Answered | Handled | Archived | Progress
export type History = readonly Entry[]

export const placeOf = ({ topic, partition, offset }: Pick<Logged, 'topic' | 'partition' | 'offset'>): string => `${topic}/${partition}/${offset}`
export const isLogged = (entry: Entry): entry is Extract<Entry, Logged> => 'fate' in entry

/** Under which ids, places and tokens an entry is found; two that share one belong together. */
export function namesOf (entry: Entry): string[] {
  const names = (...all: readonly (string | null | undefined)[]): string[] => all.filter(name => name !== null && name !== undefined && name !== '') as string[]
  switch (entry.kind) {
    case 'ingress': return names(placeOf(entry), entry.dispatch?.id, entry.dispatch?.inReplyTo, entry.dispatch?.token)
    case 'delivery': return names(entry.id, entry.answers, entry.ingress, entry.token)
    case 'notice': return names(entry.id)
    case 'audit': return names(entry.eventId, entry.id, entry.ingress)
    case 'deferred': return names(`${entry.topic}/${entry.partition}:${entry.key}`, entry.id)
    case 'dead-letter': return names(entry.ingress)
    case 'commit':
    case 'forgotten': return names(`${entry.group} ${entry.of}`)
    case 'intent': return names(entry.token)
    case 'acked': return names(entry.token, entry.id, entry.place)
    case 'answered': return names(entry.token, entry.id)
    case 'handled': return names(entry.token, entry.id)
    case 'archived': return names(entry.eventId, entry.id)
    case 'progress': return names(`archive ${entry.of}`)
  }
}
