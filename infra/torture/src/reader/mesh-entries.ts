// Records of the mesh's topics as entries of the history.
import { createHash } from 'node:crypto'
import type { AuditEvent, Deferred, Delivery, DispatchType, Entry, Ingress, IngressDispatch, Logged } from '../core/history.ts'
import type { Value, WireFormat } from './avro.ts'
import { commitOf } from './group-offsets.ts'
import type { ReadRecord } from './topic-logs.ts'

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

interface Position { readonly topic: string, readonly partition: number, readonly offset: number }
const placeText = ({ topic, partition, offset }: Position): string => `${topic}/${partition}/${offset}`

interface Body extends Value {
  readonly dispatchId: string, readonly workflowId: string, readonly type: DispatchType, readonly source: string
  readonly priority: number
  readonly inReplyTo: string | null, readonly replyPartition: number | null, readonly payload: Buffer
}

interface Decision {
  readonly ingress: Position, readonly attempt: number, readonly target: string
  readonly answers: string | null, readonly priority: number | null
}

export class MeshEntries {
  readonly #wire: WireFormat
  readonly #namespace: string

  constructor (wire: WireFormat, namespace: string) {
    this.#wire = wire
    this.#namespace = namespace
  }

  isWanted (topic: string): boolean {
    return topic === '__consumer_offsets' || ['dispatch.', 'inbox.', 'answers.', 'audit', 'deferred', 'dead-letter'].some(part => topic.startsWith(`${this.#namespace}.${part}`))
  }

  entryOf (record: ReadRecord): Entry | undefined {
    const { topic, partition, offset, atMs, fate, headers } = record
    const logged: Logged = { topic, partition, offset, atMs, fate }
    if (topic === '__consumer_offsets') return commitOf(record, logged)
    // Owners' claims say nothing about a dispatch.
    if (headers.claim !== undefined) return undefined
    const name = topic.slice(this.#namespace.length + 1)
    if (name.startsWith('dispatch.')) return this.#ingress(record, logged)
    if (name.startsWith('inbox.')) return this.#delivery(record, logged, 'inbox')
    if (name.startsWith('answers.')) return this.#answer(record, logged)
    if (name === 'audit') return this.#audit(record, logged)
    if (name === 'deferred') return this.#deferred(record, logged)
    return this.#deadLetter(record, logged)
  }

  #ingress ({ value }: ReadRecord, logged: Logged): Ingress {
    const redrive = this.#wire.decode('mesh.dispatch.Redrive', value)
    const signed = redrive === undefined ? value : redrive.value as Buffer
    const body = this.#bodyOf(this.#wire.decode('mesh.dispatch.SignedDispatch', signed))
    return { kind: 'ingress', ...logged, dispatch: body === undefined ? null : { ...dispatchOf(body), isRedriven: redrive !== undefined } }
  }

  #bodyOf (signed: Value | undefined): Body | undefined {
    return signed === undefined ? undefined : this.#wire.decode('mesh.dispatch.Dispatch', signed.body as Buffer) as Body | undefined
  }

  #delivery ({ value }: ReadRecord, logged: Logged, to: 'inbox' | 'answers'): Delivery {
    const delivery = this.#wire.decode('mesh.delivery.Delivery', value)
    const body = this.#bodyOf(delivery?.dispatch as Value | undefined)
    if (delivery === undefined || body === undefined) throw new Error(`${placeText(logged)} is no delivery`)
    const { ingress, attempt, target, answers, priority: lowered } = delivery.decision as Decision
    const { id, type, workflow, source, priority, inReplyTo, token, hash } = dispatchOf(body)
    return {
      kind: 'delivery', ...logged, to, id, type, workflow, source, target, priority: lowered ?? priority,
      answers: to === 'answers' ? answers ?? inReplyTo : null, attempt, ingress: placeText(ingress), token, hash
    }
  }

  #answer (record: ReadRecord, logged: Logged): Entry {
    const notice = this.#wire.decode('mesh.delivery.Notice', record.value)
    if (notice === undefined) return this.#delivery(record, logged, 'answers')
    return { kind: 'notice', ...logged, type: notice.type as string, id: notice.dispatchId as string, code: notice.code as string }
  }

  #audit ({ value }: ReadRecord, logged: Logged): AuditEvent | undefined {
    if (value === null) return undefined
    const event = (this.#wire.decode('mesh.audit.AuditStory', value)?.events as Value[] | undefined)?.at(-1)
    if (event === undefined) throw new Error(`${placeText(logged)} is no audit story`)
    const text = (field: string) => event[field] as string | null
    return {
      kind: 'audit', ...logged, eventId: event.eventId as string, decidedAtMs: Number(event.atMs), decision: event.decision as string, outcome: text('outcome'), reason: text('reason'),
      id: text('dispatchId'), type: text('type'), workflow: text('workflowId'), source: text('source'), target: text('target'), priority: event.priority as number | null,
      attempt: event.attempt as number, ingress: placeText(event.ingress as Position), deliveredTo: text('deliveredTo')
    }
  }

  #deferred ({ key, value }: ReadRecord, logged: Logged): Deferred {
    const event = this.#wire.decode('mesh.delivery.Deferral', value)?.event as Value | undefined
    return { kind: 'deferred', ...logged, key: key?.toString() ?? '', isTombstone: value === null, id: (event?.dispatchId ?? null) as string | null }
  }

  #deadLetter ({ value }: ReadRecord, logged: Logged): Entry {
    const letter = this.#wire.decode('mesh.delivery.DeadLetter', value)
    if (letter === undefined) throw new Error(`${placeText(logged)} is no dead letter`)
    return { kind: 'dead-letter', ...logged, ingress: placeText(letter.ingress as Position), code: letter.code as string }
  }
}

function dispatchOf (body: Body): Omit<IngressDispatch, 'isRedriven'> {
  const { dispatchId, workflowId, type, source, priority, inReplyTo, replyPartition, payload } = body
  return { id: dispatchId, workflow: workflowId, type, source, priority, inReplyTo, replyPartition, token: tokenIn(payload), hash: hashOf(payload) }
}

/** The load marks its payloads: {"token": "…", …}. */
function tokenIn (payload: Buffer): string | null {
  return /^\{"token":"([^"\\]{1,100})"/.exec(payload.toString('latin1'))?.[1] ?? null
}
