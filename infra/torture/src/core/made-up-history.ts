// Small histories for the tests of the checker: a mesh in a few lines, that does everything right.
import type { AuditEvent, Commit, Delivery, DispatchType, Entry, Ingress, Logged } from './history.ts'
import type { Random } from './random.ts'

export class MadeUpHistory {
  readonly entries: Entry[] = []
  readonly #ends = new Map<string, number>()
  #nowMs = 1_000_000

  append (topic: string, partition = 0): Logged {
    const key = `${topic}/${partition}`
    const offset = this.#ends.get(key) ?? 0
    this.#ends.set(key, offset + 1)
    return { topic, partition, offset, atMs: ++this.#nowMs, fate: 'committed' }
  }

  /** Sends, as a source of the load does: intended, taken by the broker, on its topic. */
  send (token: string, type: 'request' | 'event', workflow = 'w1'): Ingress {
    const id = `id-${token}`
    const lane = this.entries.filter(({ kind }) => kind === 'intent').length
    const record = this.ingress({ id, token, type, workflow })
    this.entries.push(
      { kind: 'intent', token, source: 'asker', workflow, priority: 1, type, hash: `hash-${token}`, atMs: record.atMs, order: lane, times: 1 },
      { kind: 'acked', token, id, place: `${record.topic}/${record.partition}/${record.offset}`, atMs: record.atMs }
    )
    return record
  }

  ingress ({ id, token, type, workflow = 'w1', inReplyTo = null, source = 'asker' }: { id: string, token: string, type: DispatchType, workflow?: string, inReplyTo?: string | null, source?: string }): Ingress {
    const dispatch = { id, workflow, type, source, priority: 1, inReplyTo, replyPartition: 0, token, hash: `hash-${token}`, isRedriven: false }
    const record: Ingress = { kind: 'ingress', ...this.append('m.dispatch.p1'), dispatch }
    this.entries.push(record)
    return record
  }

  /** One decision, in the audit and in the archive. */
  decide (record: Ingress, change: Partial<AuditEvent> & Pick<AuditEvent, 'decision'>): AuditEvent {
    const place = `${record.topic}/${record.partition}/${record.offset}`
    const { dispatch } = record
    const logged = this.append('m.audit')
    const event: AuditEvent = {
      kind: 'audit', ...logged, eventId: place, decidedAtMs: logged.atMs, outcome: null, reason: null, id: dispatch?.id ?? null, type: dispatch?.type ?? null,
      workflow: dispatch?.workflow ?? null, source: dispatch?.source ?? null, target: 'worker', priority: 1, attempt: 1, ingress: place, deliveredTo: null, ...change
    }
    const { eventId, decidedAtMs: atMs, decision, outcome, id } = event
    this.entries.push(event, { kind: 'archived', eventId, atMs, decision, outcome, id })
    return event
  }

  deliver (record: Ingress, to: 'inbox' | 'answers', answers: string | null = null): Delivery {
    const { id, type, workflow, source, token, hash } = record.dispatch!
    const delivery: Delivery = {
      kind: 'delivery', ...this.append(to === 'inbox' ? 'm.inbox.worker.p1' : 'm.answers.asker'), to, id, type, workflow, source, target: to === 'inbox' ? 'worker' : 'asker', priority: 1,
      answers, attempt: 1, ingress: `${record.topic}/${record.partition}/${record.offset}`, token, hash
    }
    this.entries.push(delivery)
    if (to === 'inbox') this.entries.push({ kind: 'handled', agent: 'worker', id, token: token!, atMs: delivery.atMs })
    return delivery
  }

  /** A request, delivered and answered. */
  answered (token: string, workflow = 'w1'): void {
    const asked = this.send(token, 'request', workflow)
    this.decide(asked, { decision: 'delivered', deliveredTo: 'm.inbox.worker.p1' })
    this.deliver(asked, 'inbox')
    this.answer(asked)
  }

  answer (asked: Ingress): void {
    const { id, token, workflow } = asked.dispatch!
    const answer = this.ingress({ id: `${id}-answer`, token: token!, type: 'response', workflow, inReplyTo: id, source: 'worker' })
    const { eventId } = this.decide(answer, { decision: 'delivered', outcome: 'success', deliveredTo: 'm.answers.asker' })
    this.decide(asked, { eventId: `${eventId}/outcome`, decision: 'completed', outcome: 'success', ingress: eventId })
    this.deliver(answer, 'answers', id)
    this.entries.push({ kind: 'answered', token: token!, id, isSuccess: true, answerToken: token, code: null, atMs: answer.atMs })
    this.commit('worker.inbox', 'm.inbox.worker.p1/0', this.#ends.get('m.inbox.worker.p1/0') ?? 0)
  }

  event (token: string, workflow = 'w1'): void {
    const told = this.send(token, 'event', workflow)
    this.decide(told, { decision: 'delivered', outcome: 'success', deliveredTo: 'm.inbox.worker.p1' })
    this.deliver(told, 'inbox')
  }

  /** A request that waits in the mesh, goes on and is never answered. */
  deferred (token: string, workflow = 'w1'): void {
    const asked = this.send(token, 'request', workflow)
    const { id } = asked.dispatch!
    const key = `1/${asked.offset}`
    const admission = this.decide(asked, { decision: 'deferred', reason: 'OVER_QUOTA' })
    this.entries.push({ kind: 'deferred', ...this.append('m.deferred'), key, isTombstone: false, id })
    this.decide(asked, { eventId: `${admission.eventId}/released`, decision: 'released', deliveredTo: 'm.inbox.worker.p1' })
    this.entries.push({ kind: 'deferred', ...this.append('m.deferred'), key, isTombstone: true, id: null })
    this.deliver(asked, 'inbox')
    this.decide(asked, { eventId: `task/0/${id}/timeout`, decision: 'timed_out', outcome: 'timeout', reason: 'TIMEOUT' })
    this.entries.push({ kind: 'notice', ...this.append('m.answers.asker'), type: 'timed_out', id, code: 'TIMEOUT' })
  }

  garbage (): void {
    const record: Ingress = { kind: 'ingress', ...this.append('m.dispatch.p1'), dispatch: null }
    this.entries.push(record)
    const { eventId } = this.decide(record, { decision: 'refused', outcome: 'refused', reason: 'GARBAGE', target: null })
    this.entries.push({ kind: 'dead-letter', ...this.append('m.dead-letter'), ingress: eventId, code: 'GARBAGE' })
  }

  commit (group: string, of: string, nextOffset: number): Commit {
    const commit: Commit = { kind: 'commit', ...this.append('__consumer_offsets'), group, of, nextOffset }
    this.entries.push(commit)
    return commit
  }
}

/** Anything that a mesh may do when it does everything right. */
export function rightHistory (random: Random, size: number): MadeUpHistory {
  const history = new MadeUpHistory()
  for (let n = 0; n < size; n++) {
    const workflow = `w${random.between(1, 3)}`
    random.pick([() => history.answered(`t${n}`, workflow), () => history.event(`t${n}`, workflow), () => history.deferred(`t${n}`, workflow), () => history.garbage()])()
  }
  return history
}
