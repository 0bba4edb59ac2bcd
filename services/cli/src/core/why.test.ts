import { describe, expect, test } from '@jest/globals'
import { auditEvent, atMs } from './audit-event.fixture.ts'
import { plainPaint } from './paint.ts'
import { whyLines } from './why-lines.ts'
import { whyOf, type WhyEvent } from './why.ts'

let count = 0
const event = (facts: Partial<WhyEvent>): WhyEvent => auditEvent({ eventId: `e-${++count}`, ...facts })
const quota = { quotaId: 'role/bot', ratePerS: 100, burst: 10, delayMs: 40, backlogRecords: 4, isLocal: false, episode: null }
const circuit = { state: 'half_open', episode: 'e-7', sinceMs: atMs - 100, isProbe: true }
const appendedAtMs = atMs - 4

const story = (): WhyEvent[] => [
  event({ decision: 'deferred', reason: 'OVER_QUOTA', quota, dueAtMs: atMs + 40, controlOffset: 17 }),
  event({ decision: 'released', atMs: atMs + 41, circuit, expectedWaitMs: 12, deliveredTo: 'mesh.inbox.worker.p1', latencyMs: 45 }),
  event({ decision: 'retried', atMs: atMs + 91, reason: 'ATTEMPT_FAILED', handlerMs: 30, dueAtMs: atMs + 190, latencyMs: 95 }),
  event({ decision: 'redelivered', atMs: atMs + 191, attempt: 2, latencyMs: 195 }),
  event({ decision: 'completed', atMs: atMs + 221, attempt: 2, outcome: 'success', agentMs: 28, handlerMs: 20, latencyMs: 225 })
].map(one => ({ ...one, appendedAtMs }))
const textOf = (id: string, events: readonly WhyEvent[]) => whyLines(whyOf(id, events, atMs + 1_000)!, plainPaint).join('\n')

describe('an explanation', () => {
  test('has every decision with its reason, what that means, and the numbers it was made from', () => {
    const why = whyOf('d-1', story(), atMs + 1_000)!
    expect(why.decisions.map(({ decision, outcome, reason }) => [decision, outcome, reason])).toEqual([
      ['deferred', null, 'OVER_QUOTA'], ['released', null, null], ['retried', null, 'ATTEMPT_FAILED'], ['redelivered', null, null], ['completed', 'success', null]
    ])
    expect(why.decisions[0]).toMatchObject({ meaning: expect.stringContaining('over its quota'), numbers: { quota, controlOffset: 17, due: '2030-01-02T03:04:05.718Z' } })
    expect(why.decisions[1]!.numbers).toMatchObject({ circuit, expectedWaitMs: 12, attempt: 1 })
    expect([why.outcome, why.totalMs]).toEqual(['success', 225])
    const text = textOf('d-1', story())
    expect(text).toMatch(/^request d-1 of workflow w-1\nasker → worker {2}work {2}P1 {2}success\n/)
    expect(text).toContain('  03:04:05.678  deferred       OVER_QUOTA\n      The source is over its quota; the dispatch waits in the mesh for its slot.\n')
    expect(text).toContain('quota role/bot 100/s burst 10: a slot in 40 ms, 4 waiting')
    expect(text).toContain('expected wait 12 ms; circuit half_open, episode e-7, as a probe')
    expect(text).toContain('attempt 2; handler 20 ms; with the agent 28 ms')
    expect(text).toContain('control offset 17; task 2; by coordinator')
  })

  test('says where the time went, all of it', () => {
    const text = textOf('d-1', story())
    expect(text.split('Where time went\n')[1]).toBe([
      '    4 ms    2 %  in the dispatch topic, before the coordinator decided',
      '   41 ms   18 %  deferred in the mesh (attempt 1)',
      '   20 ms    9 %  in the agent\'s queue, and on the way there and back (attempt 1)',
      '   30 ms   13 %  in the handler (attempt 1)',
      '  100 ms   44 %  between two attempts (attempt 2)',
      '    8 ms    4 %  in the agent\'s queue, and on the way there and back (attempt 2)',
      '   20 ms    9 %  in the handler (attempt 2)',
      '    2 ms    1 %  the answer, before the coordinator decided (attempt 2)',
      '  225 ms    all'
    ].join('\n'))
  })

  test('is the same whichever way its events come, and however often; restated ones say nothing', () => {
    const events = story()
    const restated = event({ decision: 'restated', atMs: atMs + 60 })
    expect(whyOf('d-1', [restated, ...events.toReversed(), ...events], 0)).toEqual(whyOf('d-1', events, 0))
  })

  test('has the answers to a request, late ones too, and counts what its handler said', () => {
    const about = (dispatchId: string, type: string, facts: Partial<WhyEvent> = {}) => event({ dispatchId, inReplyTo: 'd-1', type, source: 'worker', target: 'asker', ...facts })
    const why = whyOf('d-1', [
      ...story(), about('d-2', 'response', { outcome: 'success', atMs: atMs + 221 }), about('d-3', 'response', { decision: 'late', reason: 'REPLY_SECOND', atMs: atMs + 300 }),
      about('d-4', 'progress', { decision: 'progressed' }), about('d-5', 'progress', { decision: 'progressed' })
    ], 0)!
    expect(why.related.map(({ dispatchId, decisions }) => [dispatchId, decisions[0]!.decision, decisions[0]!.reason])).toEqual([['d-2', 'delivered', null], ['d-3', 'late', 'REPLY_SECOND']])
    expect(why.progressCount).toBe(2)
    expect(whyLines(why, plainPaint).join('\n')).toContain('its handler said 2× that it was alive')
  })

  test('of what waits says so, of an answer what it is about, of a fallback whose place it took', () => {
    expect(textOf('d-1', story().slice(0, 2))).toMatch(/P1 {2}waits\n[^]*with the agent: queue and handler \(so far\)\n/)
    expect(textOf('d-2', [event({ dispatchId: 'd-2', inReplyTo: 'd-1', type: 'response', outcome: 'success' })])).toContain('`npx mesh why d-1` explains that.')
    expect(textOf('d-1', [event({ outcome: 'circuit_broken', reason: 'CIRCUIT_FALLBACK', fallbackFor: 'valuer', circuit: { ...circuit, state: 'open', isProbe: false } })]))
      .toMatch(/circuit_broken CIRCUIT_FALLBACK\n[^]*in the place of valuer\n[^]*circuit open, episode e-7\n/)
  })

  test('of an unknown dispatch is none; what an agent wrote can not reach the terminal', () => {
    expect(whyOf('d-9', story(), 0)).toBeUndefined()
    expect(textOf('d-1', [event({ source: 'a\u001b[31m', reason: 'x\ny' })])).not.toMatch(/\u001b|x\ny/)
  })
})
