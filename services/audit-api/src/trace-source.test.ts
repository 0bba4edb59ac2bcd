import { expect, test } from '@jest/globals'
import { dispatched } from '@mesh/trace/fixture'
import { firstKnown, type TraceSource } from './trace-source.ts'

const source = (workflows: Record<string, string>, asked: string[], name: string): TraceSource => ({
  workflowOf: async id => { asked.push(`${name} ${id}`); return workflows[id] },
  eventsOf: async id => { asked.push(`${name} ${id}`); return Object.values(workflows).includes(id) ? [dispatched({ dispatchId: name })] : undefined }
})
const { signal } = new AbortController()

test('the quicker source is asked first, and the archive only for what that does not know', async () => {
  const asked: string[] = []
  const traces = firstKnown([source({ d1: 'w1' }, asked, 'hot'), source({ d1: 'w1', d2: 'w2' }, asked, 'cold')])
  expect(await traces.workflowOf('d1', signal)).toBe('w1')
  expect((await traces.eventsOf('w1', 10, signal))?.[0]?.dispatchId).toBe('hot')
  expect(asked).toEqual(['hot d1', 'hot w1'])
  expect(await traces.workflowOf('d2', signal)).toBe('w2')
  expect((await traces.eventsOf('w2', 10, signal))?.[0]?.dispatchId).toBe('cold')
  expect(await traces.workflowOf('d3', signal)).toBeUndefined()
})
