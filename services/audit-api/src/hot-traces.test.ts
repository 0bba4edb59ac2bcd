import { expect, test } from '@jest/globals'
import type { HotAnswer } from '@mesh/hot-index'
import type { AuditEvent } from '@mesh/schemas'
import { hotTraces } from './hot-traces.ts'

const event = (dispatchId: string | null): AuditEvent => ({ dispatchId, workflowId: 'w', ingress: { topic: 't', partition: 1, offset: 2 } }) as AuditEvent
const complete = (...events: AuditEvent[]): HotAnswer<AuditEvent[]> => ({ outcome: 'complete', sinceMs: 1_000, value: events })
const { signal } = new AbortController()

function tracesOf (answer: HotAnswer<AuditEvent[]>, older: number) {
  const asked: unknown[][] = []
  const archive = {
    async rows<R extends object> ({ values }: { readonly values: readonly unknown[] }): Promise<R[]> {
      asked.push([...values])
      return Array.from({ length: older }, () => ({}) as R)
    }
  }
  return { traces: hotTraces({ eventsOfDispatch: async () => answer, eventsOfWorkflow: async () => answer }, archive, 'events'), asked }
}

test('what the hot tier holds wholly is told from it, without events of no dispatch, and bounded', async () => {
  const { traces, asked } = tracesOf(complete(event(null), event('a'), event('b'), event('c')), 0)
  expect(await traces.workflowOf('a', signal)).toBe('w')
  expect((await traces.eventsOf('w', 2, signal))?.map(({ dispatchId, topic, partition, offset }) => [dispatchId, topic, partition, offset])).toEqual([['a', 't', 1, 2], ['b', 't', 1, 2]])
  expect(asked).toEqual([['w', new Date(1_000)]])
})

test('a workflow that is older than what is hot is the archive\'s', async () => expect(await tracesOf(complete(event('a')), 1).traces.eventsOf('w', 9, signal)).toBeUndefined())

test.each(['absent', 'incomplete'] as const)('%s is the archive\'s, too, without asking it for what is older', async outcome => {
  const { traces, asked } = tracesOf({ outcome, why: 'so' }, 0)
  expect([await traces.workflowOf('a', signal), await traces.eventsOf('w', 9, signal), asked]).toEqual([undefined, undefined, []])
})
