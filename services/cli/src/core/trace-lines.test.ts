import { describe, expect, test } from '@jest/globals'
import { answer, completed, deferred, dispatched } from '@mesh/trace/fixture'
import { plainPaint, type Paint } from './paint.ts'
import { traceLines } from './trace-lines.ts'
import { buildTrace } from '@mesh/trace'

const hops = buildTrace([
  dispatched({ dispatchId: 'root', source: 'human-gateway', target: 'orchestrator', capability: 'take_turn', priority: 0, outcome: null, appendedAtMs: 0 }),
  completed({ dispatchId: 'root', source: 'human-gateway', target: 'orchestrator', capability: 'take_turn', priority: 0, latencyMs: 87, appendedAtMs: 0 }),
  dispatched({ dispatchId: 'ask', parentId: 'root', source: 'orchestrator', capability: 'decode', outcome: null, appendedAtMs: 9, offset: 118 }),
  answer({ dispatchId: 'ask-answer', inReplyTo: 'ask', appendedAtMs: 12 }),
  dispatched({ dispatchId: 'no', parentId: 'root', type: 'event', target: null, decision: 'refused', outcome: 'refused', reason: 'UNDECLARED_DEPENDENCY', appendedAtMs: 15 })
])
const marked: Paint = { good: text => `<g>${text}</g>`, bad: text => `<b>${text}</b>`, unsure: text => `<u>${text}</u>`, faint: text => `<f>${text}</f>`, strong: text => `<s>${text}</s>` }

describe('the lines of a trace', () => {
  test('are one a hop, indented and aligned, then a summary', () => {
    expect(traceLines('w-1', hops, 'ask-answer', plainPaint)).toEqual([
      'workflow w-1',
      'hop                           capability  type     class  topic/partition/offset  latency  total  outcome',
      'human-gateway → orchestrator  take_turn   request  P0     mesh.dispatch.p1/2/7       4 ms  87 ms  success',
      '  orchestrator → worker       decode      request  P1     mesh.dispatch.p1/2/118     4 ms         pending  ← asked for',
      '  asker → –                   work        event    P1     mesh.dispatch.p1/2/7       4 ms         refused UNDECLARED_DEPENDENCY',
      '3 hops: 1 success, 1 pending, 1 refused; 87 ms from first append to last outcome'
    ])
  })

  test('are coloured by outcome, and aligned all the same', () => {
    const lines = traceLines('w-1', hops, 'ask', marked)
    expect(lines[0]).toBe('workflow <s>w-1</s>')
    expect(lines[2]).toMatch(/ {2}87 ms {2}<g>success<\/g>$/)
    expect(lines[3]).toMatch(/<f>pending<\/f><s> {2}← asked for<\/s>$/)
    expect(lines[4]).toMatch(/<b>refused UNDECLARED_DEPENDENCY<\/b>$/)
  })

  test('say until when a dispatch waits and why, and afterwards how long it did', () => {
    const waits = buildTrace([
      ...deferred({ dispatchId: 'r', dueAtMs: 61_500 }), ...deferred({ dispatchId: 's', dueAtMs: 500, appendedAtMs: 1 }, { atMs: 505 }), completed({ dispatchId: 's', appendedAtMs: 1, latencyMs: 600 })
    ])
    const [, , first, second, summary] = traceLines('w', waits, 'w', plainPaint)
    expect(first).toMatch(/ {2}deferred until 00:01:01\.500 OVER_QUOTA$/)
    expect(second).toMatch(/ 504 ms {2}600 ms {2}success {2}\(waited 500 ms: OVER_QUOTA\)$/)
    expect(summary).toContain('2 hops: 1 pending, 1 success')
  })

  test('tell what is wrong with a hop', () => {
    const odd = buildTrace([dispatched({ dispatchId: 'a', parentId: 'gone' }), dispatched({ dispatchId: 'a', parentId: 'gone', decision: 'repeated' })])
    expect(traceLines('w', odd, 'w', plainPaint)[2]).toContain('(its parent gone is not in the archive; sent again 1×)')
  })

  test('let no control character of an agent reach the terminal, and stay bounded', () => {
    const lines = traceLines('w', buildTrace([dispatched({ dispatchId: 'a', source: '\u001b[31mred\u202e', capability: 'x'.repeat(5_000) })]), 'w', plainPaint)
    expect(lines[2]).toContain('\uFFFD[31mred\uFFFD → worker')
    expect(lines[2]!.length).toBeLessThan(300)
  })

  test('of 1,000 hops in a chain stop indenting and say the depth', () => {
    const chain = Array.from({ length: 1_000 }, (_, index) => dispatched({ dispatchId: `d${index}`, parentId: index === 0 ? null : `d${index - 1}`, appendedAtMs: index }))
    const lines = traceLines('w', buildTrace(chain), 'w', plainPaint)
    expect(lines).toHaveLength(1_003)
    expect(lines[1_001]).toMatch(/^ {40}\(999\) asker → worker/)
    expect(lines.at(-1)).toBe('1000 hops: 1000 success; 1003 ms from first append to last outcome')
  })
})
