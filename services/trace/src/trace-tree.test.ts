import { describe, expect, test } from '@jest/globals'
import { answer, completed, deferred, dispatched, type Facts } from './archived-event.fixture.ts'
import { buildTrace, pendingCount, type ArchivedEvent, type Hop } from './trace-tree.ts'

const outline = (hops: readonly Hop[]): string[] => hops.map(({ depth, dispatchId, outcome }) => `${'.'.repeat(depth)}${dispatchId} ${outcome}`)
const request = (facts: Facts): ArchivedEvent[] => [dispatched({ ...facts, outcome: null }), completed(facts)]

describe('a trace', () => {
  test('has children below their parent, in the order of their append, however the rows came', () => {
    const events = [
      ...request({ dispatchId: 'root', appendedAtMs: 0 }),
      ...request({ dispatchId: 'a', parentId: 'root', appendedAtMs: 10 }),
      ...request({ dispatchId: 'b', parentId: 'root', appendedAtMs: 20 }),
      ...request({ dispatchId: 'a1', parentId: 'a', appendedAtMs: 30 })
    ]
    const expected = ['root success', '.a success', '..a1 success', '.b success']
    expect(outline(buildTrace(events))).toEqual(expected)
    expect(outline(buildTrace(events.toReversed()))).toEqual(expected)
  })

  test('joins a request with its outcome: its own latency, the total, and what the agent took', () => {
    const [hop] = buildTrace([
      dispatched({ dispatchId: 'r', appendedAtMs: 1_000, latencyMs: 4, outcome: null }),
      completed({ dispatchId: 'r', appendedAtMs: 1_000, latencyMs: 90, agentMs: 70 })
    ])
    expect(hop).toMatchObject({ latencyMs: 4, totalMs: 90, agentMs: 70, outcome: 'success', at: '1970-01-01T00:00:01.004Z', offset: 7 })
  })

  test('shows a request without its outcome as pending, one that timed out with the reason', () => {
    const hops = buildTrace([
      dispatched({ dispatchId: 'waits', outcome: null }),
      dispatched({ dispatchId: 'late', outcome: null, appendedAtMs: 1 }),
      completed({ dispatchId: 'late', decision: 'timed_out', outcome: 'timeout', reason: 'TIMEOUT', appendedAtMs: 1 })
    ])
    expect(hops.map(({ outcome, reason }) => [outcome, reason])).toEqual([[null, null], ['timeout', 'TIMEOUT']])
    expect(pendingCount(hops)).toBe(1)
  })

  test('folds a delivered answer into its request, and hangs what the answer caused below the request', () => {
    const hops = buildTrace([
      ...request({ dispatchId: 'r' }),
      answer({ dispatchId: 'r-answer', inReplyTo: 'r', appendedAtMs: 5, offset: 9 }),
      dispatched({ dispatchId: 'after', parentId: 'r-answer', type: 'event', appendedAtMs: 6 })
    ])
    expect(outline(hops)).toEqual(['r success', '.after success'])
    expect(hops[0]!.reply).toMatchObject({ dispatchId: 'r-answer', type: 'response', offset: 9 })
  })

  test('keeps an answer that was refused or late, or whose request is unknown, as a hop of its own', () => {
    const hops = buildTrace([
      ...request({ dispatchId: 'r' }),
      answer({ dispatchId: 'first', inReplyTo: 'r', appendedAtMs: 1 }),
      answer({ dispatchId: 'second', inReplyTo: 'r', decision: 'refused', outcome: 'refused', reason: 'REPLY_SECOND', appendedAtMs: 2 }),
      answer({ dispatchId: 'lost', inReplyTo: 'nowhere', appendedAtMs: 3 })
    ])
    expect(outline(hops)).toEqual(['r success', '.second refused', 'lost success'])
    expect(hops[2]!.anomaly).toBe('parent_missing')
  })

  test('counts what was sent again, and takes the delivery as the decision', () => {
    const [hop] = buildTrace([
      dispatched({ dispatchId: 'r', decision: 'repeated', outcome: null, reason: 'DUPLICATE', appendedAtMs: 3, offset: 20 }),
      dispatched({ dispatchId: 'r', decision: 'refused', outcome: 'refused', reason: 'DUPLICATE_CONFLICT', appendedAtMs: 2, offset: 19 }),
      dispatched({ dispatchId: 'r', decision: 'restated', outcome: null, appendedAtMs: 1 }),
      dispatched({ dispatchId: 'r', outcome: null, offset: 18, appendedAtMs: 1 })
    ])
    expect(hop).toMatchObject({ repeats: 2, offset: 18, outcome: null, reason: null })
  })

  test('has a dispatch that waited in the mesh as one hop, with its wait', () => {
    const [hop, ...others] = buildTrace([...deferred({ dispatchId: 'r', dueAtMs: 500 }, { atMs: 503 }), completed({ dispatchId: 'r', latencyMs: 600 })])
    expect(others).toEqual([])
    expect(hop).toMatchObject({
      outcome: 'success', reason: null, latencyMs: 503, totalMs: 600, repeats: 0, wait: { reason: 'OVER_QUOTA', until: '1970-01-01T00:00:00.500Z', waitedMs: 499 }
    })
  })

  test('shows one that still waits as pending, with its reason, also when it was sent again meanwhile', () => {
    const hops = buildTrace([...deferred({ dispatchId: 'r', dueAtMs: 500 }), dispatched({ dispatchId: 'r', decision: 'repeated', outcome: null, reason: 'DUPLICATE', offset: 9, appendedAtMs: 3 })])
    expect(hops).toEqual([expect.objectContaining({ outcome: null, reason: 'OVER_QUOTA', offset: 7, repeats: 1, wait: expect.objectContaining({ waitedMs: null }) })])
    expect(pendingCount(hops)).toBe(1)
  })

  test('shows how a wait ended that did not end in a delivery', () => {
    const ended = (event: Partial<ArchivedEvent>) => buildTrace([...deferred({ dispatchId: 'r', dueAtMs: 500 }), dispatched({ dispatchId: 'r', atMs: 90, ...event })])[0]
    expect(ended({ decision: 'timed_out', outcome: 'timeout', reason: 'TIMEOUT' })).toMatchObject({ outcome: 'timeout', reason: 'TIMEOUT', wait: { waitedMs: 86 } })
    expect(ended({ decision: 'refused', outcome: 'refused', reason: 'QUARANTINED' })).toMatchObject({ outcome: 'refused', reason: 'QUARANTINED', repeats: 0, wait: { waitedMs: 86 } })
    // Another content under the same id is refused by itself; the first goes on waiting.
    expect(ended({ decision: 'refused', outcome: 'refused', reason: 'DUPLICATE_CONFLICT', offset: 9 })).toMatchObject({ outcome: null, repeats: 1, wait: { waitedMs: null } })
  })

  test('folds an answer that waited into its request, too', () => {
    const hops = buildTrace([...request({ dispatchId: 'r' }), ...deferred({ dispatchId: 'a', inReplyTo: 'r', type: 'response', appendedAtMs: 5, dueAtMs: 9 }, { atMs: 10 })])
    expect(outline(hops)).toEqual(['r success'])
  })

  test('has one hop for a request that was tried again, and ends one that was given up or set aside', () => {
    const hops = buildTrace([
      ...['delivered', 'retried', 'redelivered'].map((decision, index) => dispatched({ dispatchId: 'r', decision, outcome: null, atMs: 4 + index })), completed({ dispatchId: 'r' }),
      dispatched({ dispatchId: 'c', outcome: null, appendedAtMs: 1 }), dispatched({ dispatchId: 'c', decision: 'cancelled', outcome: 'cancelled', reason: 'CANCELLED', appendedAtMs: 1 }),
      dispatched({ dispatchId: 'e', type: 'event', outcome: null, appendedAtMs: 2 }), dispatched({ dispatchId: 'e', type: 'event', decision: 'dead_lettered', outcome: 'dead_lettered', reason: 'SET_ASIDE', appendedAtMs: 2 })
    ])
    expect(hops.map(({ dispatchId, outcome, reason, repeats }) => [dispatchId, outcome, reason, repeats]))
      .toEqual([['r', 'success', null, 0], ['c', 'cancelled', 'CANCELLED', 0], ['e', 'dead_lettered', 'SET_ASIDE', 0]])
  })

  test('shows no progress and no cancel, whatever is decided about them, and folds the answer all the same', () => {
    const hops = buildTrace([
      ...request({ dispatchId: 'r' }), answer({ dispatchId: 'p', inReplyTo: 'r', type: 'progress', appendedAtMs: 3 }),
      answer({ dispatchId: 'x', inReplyTo: 'r', type: 'cancel', decision: 'late', appendedAtMs: 4 }), answer({ dispatchId: 'a', inReplyTo: 'r', appendedAtMs: 5 })
    ])
    expect(outline(hops)).toEqual(['r success'])
    expect(hops[0]!.reply?.dispatchId).toBe('a')
  })

  test('shows every dispatch once when parents are missing or go round in a circle', () => {
    const hops = buildTrace([
      dispatched({ dispatchId: 'orphan', parentId: 'gone', appendedAtMs: 5 }),
      dispatched({ dispatchId: 'self', parentId: 'self', appendedAtMs: 6 }),
      dispatched({ dispatchId: 'x', parentId: 'z', appendedAtMs: 7 }),
      dispatched({ dispatchId: 'y', parentId: 'x', appendedAtMs: 8 }),
      dispatched({ dispatchId: 'z', parentId: 'y', appendedAtMs: 9 })
    ])
    expect(hops.map(({ depth, dispatchId, anomaly }) => [dispatchId, depth, anomaly])).toEqual([
      ['orphan', 0, 'parent_missing'], ['self', 0, 'parent_circle'], ['x', 0, 'parent_circle'], ['y', 1, null], ['z', 2, null]
    ])
  })

  test('takes a chain of 1,000 hops, and 1,000 children of one parent', () => {
    const chain = Array.from({ length: 1_000 }, (_, index) => dispatched({ dispatchId: `d${index}`, parentId: index === 0 ? null : `d${index - 1}`, appendedAtMs: index }))
    expect(buildTrace(chain.toReversed()).at(-1)).toMatchObject({ depth: 999, dispatchId: 'd999' })
    const fan = Array.from({ length: 1_000 }, (_, index) => dispatched({ dispatchId: `d${index}`, parentId: index === 0 ? null : 'd0', appendedAtMs: index }))
    expect(buildTrace(fan).map(({ dispatchId }) => dispatchId)).toEqual(fan.map(({ dispatchId }) => dispatchId))
  })

  test('of nothing is empty; a time that is none is said to be unknown', () => {
    expect(buildTrace([])).toEqual([])
    expect(buildTrace([dispatched({ dispatchId: 'd', appendedAtMs: Infinity })])[0]!.at).toBe('unknown')
  })
})
