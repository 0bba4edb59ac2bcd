// What an agent's author can rely on, as tests that run on the memory mesh and on real topics alike.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { type Agent, AgentError, defineAgent, type Mesh, type MeshError, type Refused } from '../src/index.ts'

interface Cast {
  readonly asker: Agent
  readonly middle: Agent
  readonly worker: Agent
  /** What the worker's event handler heard. */
  readonly noted: { note: string, mesh: Mesh }[]
  readonly heard: (note: string) => Promise<Mesh>
  readonly refused: Refused[]
}

const common = { version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'mesh' } as const
const Text = z.object({ text: z.string() })

function castOf (suffix: string): Cast {
  const noted: { note: string, mesh: Mesh }[] = []
  const waiting = new Map<string, (mesh: Mesh) => void>()
  const worker = defineAgent({
    ...common, name: `worker-${suffix}`, maxConcurrent: 20,
    capabilities: {
      'feature.upper': { input: Text, output: Text }, 'feature.throws': { input: Text }, 'feature.refuses': { input: Text },
      'feature.wrong': { input: Text, output: Text }, 'feature.unhandled': { input: Text }, 'feature.large': { input: Text },
      'feature.sleeps': { input: Text }, 'feature.note': { input: Text }, 'feature.where': { input: Text }
    }
  })
  worker.handle('feature.upper', ({ text }) => ({ text: text.toUpperCase() }))
  worker.handle('feature.throws', ({ text }) => { throw new Error(`secret ${text}`) })
  worker.handle('feature.refuses', () => { throw new AgentError('LEAD_UNKNOWN', 'no such lead', { retriable: true }) })
  worker.handle('feature.wrong', () => ({ text: 7 }) as unknown as { text: string })
  worker.handle('feature.large', () => ({ text: 'x'.repeat(600 * 1024) }))
  worker.handle('feature.sleeps', (_, mesh) => new Promise((_resolve, reject) => mesh.signal.addEventListener('abort', () => reject(mesh.signal.reason as Error))))
  worker.handle('feature.where', (_, { dispatchId, workflowId, priority, source, deadlineAtMs }) => ({ dispatchId, workflowId, priority, source, deadlineAtMs }))
  worker.handle('feature.note', ({ text }, mesh) => {
    noted.push({ note: text, mesh })
    waiting.get(text)?.(mesh)
  })
  const middle = defineAgent({
    ...common, name: `middle-${suffix}`, dependencies: ['feature.upper', 'feature.throws', 'feature.note', 'feature.where'],
    capabilities: { 'feature.passes': { input: Text }, 'feature.raises': { input: Text }, 'feature.undeclared': { input: Text }, 'feature.relays': { input: Text } }
  })
  middle.handle('feature.passes', async (input, mesh) => {
    const [upper, where] = await Promise.all([mesh.call('feature.upper', input, { output: Text }), mesh.call('feature.where', input, { priority: 3 })])
    await mesh.send('feature.note', { text: `passed ${mesh.workflowId}` })
    return { text: upper.text, where, mine: mesh.dispatchId }
  })
  middle.handle('feature.raises', (input, mesh) => mesh.call('feature.upper', input, { priority: 0 }))
  middle.handle('feature.undeclared', (input, mesh) => mesh.call('feature.large', input))
  middle.handle('feature.relays', (input, mesh) => mesh.call('feature.throws', input))
  const asker = defineAgent({ ...common, name: `asker-${suffix}`, dependencies: [...featuresAsked] })
  const refused: Refused[] = []
  asker.onRefused(refusal => refused.push(refusal))
  return {
    asker, middle, worker, noted, refused,
    heard: note => new Promise(resolve => {
      const known = noted.find(entry => entry.note === note)
      if (known !== undefined) resolve(known.mesh)
      else waiting.set(note, resolve)
    })
  }
}

const featuresAsked = [
  'feature.upper', 'feature.throws', 'feature.refuses', 'feature.wrong', 'feature.unhandled', 'feature.large', 'feature.sleeps', 'feature.note', 'feature.where',
  'feature.passes', 'feature.raises', 'feature.undeclared', 'feature.relays', 'feature.nobody'
]

export function agentFeatures (title: string, start: (agents: readonly Agent[]) => Promise<void>): void {
  describe(title, () => {
    const cast = castOf(Math.random().toString(36).slice(2, 8))
    const { asker } = cast
    const agents = [cast.worker, cast.middle, asker]
    beforeAll(() => start(agents))
    afterAll(async () => { await Promise.all(agents.map(agent => agent.stop())) })
    const refusal = (call: Promise<unknown>): Promise<MeshError> => call.then(() => { throw new Error('was answered') }, error => error as MeshError)
    const input = { text: 'hello' }

    test('a call resolves with the output', async () => expect(await asker.call('feature.upper', input)).toEqual({ text: 'HELLO' }))

    test('a detailed call says who answered, and the workflow given', async () =>
      expect(await asker.callDetailed('feature.upper', input, { workflowId: 'w-1' }))
        .toMatchObject({ output: { text: 'HELLO' }, workflowId: 'w-1', answeredBy: cast.worker.name, answeredByVersion: '1.0.0', latencyMs: expect.any(Number) }))

    test('a handler sees dispatch, workflow, priority, source and deadline', async () => {
      const { output, dispatchId } = await asker.callDetailed('feature.where', input, { workflowId: 'w-2', priority: 1, ttlMs: 5_000 })
      expect(output).toEqual({ dispatchId, workflowId: 'w-2', priority: 1, source: asker.name, deadlineAtMs: expect.any(Number) })
    })

    test('input that does not fit is INPUT_INVALID and names the field, not the value', async () => {
      const error = await refusal(asker.call('feature.upper', { text: 4711 }))
      expect(error).toMatchObject({ code: 'INPUT_INVALID', retriable: false, capability: 'feature.upper', dispatchId: expect.any(String) })
      expect(error.message).toContain('text: expected string')
      expect(error.message).not.toContain('4711')
    })

    test('a handler that throws is HANDLER_FAILED, without its message', async () => {
      const error = await refusal(asker.call('feature.throws', input))
      expect(error).toMatchObject({ code: 'HANDLER_FAILED', retriable: true })
      expect(error.message).not.toContain('hello')
    })

    test('a handler that throws AgentError gives its own code', async () =>
      expect(await refusal(asker.call('feature.refuses', input))).toMatchObject({ code: 'LEAD_UNKNOWN', message: 'no such lead', retriable: true }))

    test('output that does not fit is OUTPUT_INVALID', async () => expect(await refusal(asker.call('feature.wrong', input))).toMatchObject({ code: 'OUTPUT_INVALID' }))

    test('an answer that does not fit what the caller expects is OUTPUT_INVALID', async () =>
      expect(await refusal(asker.call('feature.upper', input, { output: z.object({ number: z.number() }) }))).toMatchObject({ code: 'OUTPUT_INVALID' }))

    test('a capability without a handler is NO_HANDLER', async () => expect(await refusal(asker.call('feature.unhandled', input))).toMatchObject({ code: 'NO_HANDLER' }))

    test('an output that is too large is an error, not silence', async () => expect(await refusal(asker.call('feature.large', input))).toMatchObject({ code: 'VALUE_TOO_LARGE' }))

    test('an input that is too large is refused before it is sent', async () =>
      expect(await refusal(asker.call('feature.upper', { text: 'x'.repeat(600 * 1024) }))).toMatchObject({ code: 'VALUE_TOO_LARGE', retriable: false }))

    test('what is not JSON is refused before it is sent', async () => expect(await refusal(asker.call('feature.upper', { text: 1n }))).toMatchObject({ code: 'PAYLOAD_NOT_JSON' }))

    test('a call that nobody answers in time is TIMEOUT, and the handler is told by its signal', async () =>
      expect(await refusal(asker.call('feature.sleeps', input, { ttlMs: 300 }))).toMatchObject({ code: 'TIMEOUT', retriable: true }))

    test('a capability that nobody offers is UNKNOWN_CAPABILITY', async () => expect(await refusal(asker.call('feature.nobody', input))).toMatchObject({ code: 'UNKNOWN_CAPABILITY' }))

    test('an undeclared dependency fails the handler that asks', async () => {
      const error = await refusal(asker.call('feature.undeclared', input))
      expect(error).toMatchObject({ code: 'HANDLER_FAILED', retriable: false })
      expect(error.message).toContain('UNDECLARED_DEPENDENCY of \'feature.large\'')
    })

    test('a refused event is told to the listener', async () => {
      const { dispatchId } = await asker.send('feature.undeclared-event', input)
      await until(() => cast.refused.some(refusal => refusal.dispatchId === dispatchId))
      expect(cast.refused.find(refusal => refusal.dispatchId === dispatchId)).toMatchObject({ code: 'UNDECLARED_DEPENDENCY', capability: 'feature.undeclared-event' })
    })

    test('an event reaches its handler', async () => {
      const { dispatchId, workflowId } = await asker.send('feature.note', { text: 'noted' }, { priority: 3 })
      expect(await cast.heard('noted')).toMatchObject({ dispatchId, workflowId, priority: 3, source: asker.name, type: 'event', deadlineAtMs: null })
    })

    test('calls of a handler keep workflow and priority, lower it where asked, and stay within the deadline', async () => {
      const askedAtMs = Date.now()
      const { output, workflowId, dispatchId } = await asker.callDetailed('feature.passes', input, { priority: 1, ttlMs: 8_000 })
      expect(output).toMatchObject({ text: 'HELLO', mine: dispatchId, where: { workflowId, priority: 3, source: cast.middle.name } })
      const { where } = output as { where: { deadlineAtMs: number } }
      expect(where.deadlineAtMs).toBeLessThan(askedAtMs + 8_000 + 2_000)
      expect(await cast.heard(`passed ${workflowId}`)).toMatchObject({ workflowId, priority: 1 })
    })

    test('a handler may not raise the priority', async () => {
      const error = await refusal(asker.call('feature.raises', input))
      expect(error.message).toContain('PRIORITY_RAISED')
    })

    test('an error of a call travels on as HANDLER_FAILED that names it', async () => {
      const error = await refusal(asker.call('feature.relays', input))
      expect(error).toMatchObject({ code: 'HANDLER_FAILED', retriable: true })
      expect(error.message).toContain('HANDLER_FAILED of \'feature.throws\'')
    })
  })
}

export async function until (condition: () => boolean, waitMs = 10_000): Promise<void> {
  const overAtMs = performance.now() + waitMs
  while (!condition()) {
    if (performance.now() > overAtMs) throw new Error('the condition did not come true in time')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
