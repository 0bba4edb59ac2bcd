import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Anomaly, type AnomalyKind, anomalyKinds } from './anomaly.ts'
import { check, rules } from './check.ts'
import type { Entry, History } from './history.ts'
import { MadeUpHistory, rightHistory } from './made-up-history.ts'
import { randomOf } from './random.ts'

const small = (): Entry[] => {
  const history = new MadeUpHistory()
  history.answered('a')
  history.event('e')
  history.deferred('d')
  history.garbage()
  return history.entries
}

type Wanted = Partial<Record<string, unknown>> & { readonly kind: Entry['kind'] }
const fits = (entry: Entry, wanted: Wanted): boolean =>
  Object.entries(wanted).every(([field, value]) => (entry as unknown as Record<string, unknown>)[field] === value)
const without = (wanted: Wanted) => (entries: Entry[]): Entry[] => {
  expect(entries.some(entry => fits(entry, wanted))).toBe(true)
  return entries.filter(entry => !fits(entry, wanted))
}
const changed = (wanted: Wanted, change: object) => (entries: Entry[]): Entry[] => {
  expect(entries.some(entry => fits(entry, wanted))).toBe(true)
  return entries.map(entry => fits(entry, wanted) ? { ...entry, ...change } as Entry : entry)
}
/** Once more, further on in the log. */
const again = (wanted: Wanted, change: object = {}) => (entries: Entry[]): Entry[] => {
  const entry = entries.find(each => fits(each, wanted))!
  return [...entries, { ...entry, ...'offset' in entry ? { offset: entry.offset + 1_000 } : {}, ...change } as Entry]
}
const with_ = (entry: Entry) => (entries: Entry[]): Entry[] => [...entries, entry]

const kindsOf = (history: History): AnomalyKind[] => [...new Set(check(history).map(({ kind }) => kind))]

test('a clean history passes', () => {
  expect(check(small())).toEqual([])
})

test('whatever a right mesh does passes', () => {
  fc.assert(fc.property(fc.integer({ min: 0 }), fc.integer({ min: 1, max: 30 }), (seed, size) => {
    expect(check(rightHistory(randomOf(seed), size).entries)).toEqual([])
  }))
})

const broken: readonly (readonly [name: string, kind: AnomalyKind, breaks: (entries: Entry[]) => Entry[]])[] = [
  ['what the broker took is not on its topic', 'lost', without({ kind: 'ingress', offset: 0 })],
  ['it holds something else than what was sent', 'corrupted', changed({ kind: 'intent', token: 'a' }, { hash: 'other' })],
  ['it is written twice', 'duplicated', again({ kind: 'ingress', offset: 0 })],
  ['it is written before what was sent earlier', 'reordered', changed({ kind: 'intent', token: 'a' }, { order: 50 })],
  ['a record has no admission event', 'missing-audit', without({ kind: 'audit', eventId: 'm.dispatch.p1/0/0' })],
  ['a record is decided twice', 'duplicated', again({ kind: 'audit', eventId: 'm.dispatch.p1/0/0' })],
  ['an event speaks of no record', 'invented', again({ kind: 'audit', eventId: 'm.dispatch.p1/0/0' }, { eventId: 'm.dispatch.p1/0/77' })],
  ['a bad record is no dead letter', 'lost', without({ kind: 'dead-letter' })],
  ['a bad record is a dead letter twice', 'duplicated', again({ kind: 'dead-letter' })],
  ['a delivery was decided and is not there', 'lost', without({ kind: 'delivery', id: 'id-a' })],
  ['a delivery was decided and only written in an aborted transaction', 'lost', changed({ kind: 'delivery', id: 'id-a' }, { fate: 'aborted' })],
  ['a delivery lies there twice', 'duplicated', again({ kind: 'delivery', id: 'id-a' })],
  ['a delivery was never decided', 'missing-audit', without({ kind: 'audit', decision: 'released' })],
  ['a delivery has another content', 'corrupted', changed({ kind: 'delivery', id: 'id-e' }, { hash: 'other' })],
  ['an answer was decided and is not there', 'lost', without({ kind: 'delivery', to: 'answers' })],
  ['an answer is delivered twice', 'duplicated', again({ kind: 'delivery', to: 'answers' })],
  ['an answer belongs to another request', 'corrupted', changed({ kind: 'delivery', to: 'answers' }, { token: 'z' })],
  ['a request has no outcome', 'missing-outcome', without({ kind: 'audit', decision: 'timed_out' })],
  ['a request has two outcomes', 'double-outcome', again({ kind: 'audit', decision: 'timed_out' }, { eventId: 'another', outcome: 'success', decision: 'completed' })],
  ['a source is told of no end', 'lost', without({ kind: 'notice' })],
  ['a source is told of two ends', 'double-outcome', again({ kind: 'notice' })],
  ['the outcome was only written in an aborted transaction', 'missing-outcome', changed({ kind: 'audit', decision: 'completed' }, { fate: 'aborted' })],
  ['an agent handled what was aborted', 'aborted-seen', changed({ kind: 'delivery', id: 'id-e' }, { fate: 'aborted' })],
  ['an agent handled what was never delivered', 'invented', with_({ kind: 'handled', agent: 'worker', id: 'id-new', token: 'new', atMs: 1 })],
  ['an agent handled another content', 'corrupted', changed({ kind: 'handled', id: 'id-e' }, { token: 'z' })],
  ['an agent never handled an event', 'lost', without({ kind: 'handled', id: 'id-e' })],
  ['a caller saw the answer to another request', 'corrupted', changed({ kind: 'answered', token: 'a' }, { answerToken: 'z' })],
  ['a caller saw an answer that was aborted', 'aborted-seen', changed({ kind: 'delivery', to: 'answers' }, { fate: 'aborted' })],
  ['an event is not in the archive', 'missing-audit', without({ kind: 'archived', decision: 'released' })],
  ['the archive holds an event twice', 'duplicated', again({ kind: 'archived', decision: 'released' })],
  ['the archive holds an event of an aborted transaction', 'aborted-seen', changed({ kind: 'audit', decision: 'released' }, { fate: 'aborted' })],
  ['the archive holds an event of nobody', 'invented', with_({ kind: 'archived', eventId: 'none', atMs: 1, decision: 'refused', outcome: 'refused', id: null })],
  ['the archive says something else', 'corrupted', changed({ kind: 'archived', decision: 'released' }, { decision: 'refused' })],
  ['a group\'s offset goes backwards', 'offset-backwards', again({ kind: 'commit' }, { nextOffset: 0 })],
  ['the archive\'s position goes backwards', 'offset-backwards', entries => [...entries, ...[7, 5].map(nextOffset => ({ kind: 'progress', of: 'm.audit/0', nextOffset, atMs: 1 }) as const)]],
  ['a transaction stays open', 'stuck', changed({ kind: 'deferred', isTombstone: true }, { fate: 'open' })],
  ['a deferral is not forgotten', 'stuck', without({ kind: 'deferred', isTombstone: true })]
]

test.each(broken)('%s: %s', (_name, kind, breaks) => {
  expect(kindsOf(breaks(small()))).toContain(kind)
})

describe('an offset that the broker forgot', () => {
  const committedAgain = (forgotten: object) => [
    ...small(), { kind: 'commit', topic: '__consumer_offsets', partition: 0, offset: 900, atMs: 900, fate: 'committed', group: 'g', of: 't/0', nextOffset: 7 },
    { kind: 'forgotten', group: 'g', of: 't/0', nextOffset: 7, answered: 3, atMs: 901, ...forgotten },
    { kind: 'commit', topic: '__consumer_offsets', partition: 0, offset: 902, atMs: 902, fate: 'committed', group: 'g', of: 't/0', nextOffset: 3 }
  ] as Entry[]

  test('may be committed again from where it said', () => expect(check(committedAgain({}))).toEqual([]))
  test('but not from before that', () => expect(kindsOf(committedAgain({ answered: 5 }))).toEqual(['offset-backwards']))
  test('and nothing else goes backwards for it', () => {
    expect(kindsOf(committedAgain({ of: 't/1' }))).toEqual(['offset-backwards'])
    expect(kindsOf(committedAgain({ nextOffset: 6 }))).toEqual(['offset-backwards'])
  })
})

test('every kind of anomaly is among them', () => {
  expect([...new Set(broken.map(([, kind]) => kind))].sort()).toEqual([...anomalyKinds].sort())
})

describe('order', () => {
  const twoEvents = (first: string, second: string): MadeUpHistory => {
    const history = new MadeUpHistory()
    const [a, b] = [history.send('a', 'event', first), history.send('b', 'event', second)]
    for (const told of [b, a]) {
      history.decide(told, { decision: 'delivered', outcome: 'success', deliveredTo: 'm.inbox.worker.p1' })
      history.deliver(told, 'inbox')
    }
    return history
  }

  test('what was sent later in a workflow and comes first is reordered, decided and delivered', () => {
    expect(check(twoEvents('w1', 'w1').entries).map(({ kind, key, detail }) => [kind, key, detail])).toEqual([
      ['reordered', 'id-a', 'decided after id-b, which was sent later'], ['reordered', 'id-a', 'delivered after id-b, which was sent later']
    ])
  })

  test('workflows may overtake each other', () => {
    expect(check(twoEvents('w1', 'w2').entries)).toEqual([])
  })
})

test('a history from which any one record of the mesh is missing is told from a right one', () => {
  // A commit may be left out, and so may what a process of the load would have noted, had it lived.
  const mayMiss: ReadonlySet<Entry['kind']> = new Set(['commit', 'intent', 'acked', 'answered', 'progress', 'handled', 'deferred'])
  fc.assert(fc.property(fc.integer({ min: 0 }), fc.integer({ min: 1, max: 12 }), (seed, size) => {
    const random = randomOf(seed)
    const { entries } = rightHistory(random, size)
    const dropped = random.pick(entries.filter(entry => !mayMiss.has(entry.kind)))
    expect(check(entries.filter(entry => entry !== dropped))).not.toEqual([])
  }))
})

test('a history in which any one record of the mesh lies twice is told from a right one', () => {
  const isOnce = (entry: Entry): boolean => ['ingress', 'delivery', 'notice', 'audit', 'dead-letter', 'archived'].includes(entry.kind)
  fc.assert(fc.property(fc.integer({ min: 0 }), fc.integer({ min: 1, max: 12 }), (seed, size) => {
    const random = randomOf(seed)
    const { entries } = rightHistory(random, size)
    const doubled = random.pick(entries.filter(isOnce))
    expect(check([...entries, { ...doubled, ...'offset' in doubled ? { offset: doubled.offset + 1_000 } : {} } as Entry])).not.toEqual([])
  }))
})

test('each rule says what it promises, and each anomaly which rule it breaks', () => {
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length)
  const anomalies: Anomaly[] = broken.flatMap(([, , breaks]) => check(breaks(small())))
  for (const { rule, about, key } of anomalies) {
    expect(rules.map(({ name }) => name)).toContain(rule)
    expect(about).toContain(key)
  }
})
