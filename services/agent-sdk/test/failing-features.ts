// Agents that fail in each way that there is: one outcome each, the right number of attempts, no reply delivered twice.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type Agent, AgentError, defineAgent, type MeshError, startAgents } from '../src/index.ts'
import { until } from './agent-features.ts'
import { History } from './history.ts'
import { type MeshGround, startProcess, stopProcess } from './mesh-ground.ts'

const common = { version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'mesh' } as const
const Text = z.object({ text: z.string() })
const retry = { attemptsMax: 3, backoffMs: 50, backoffMsMax: 200 }

/** Attempts of each request, by what it was asked with. */
type Runs = Map<string, number[]>

function castOf (suffix: string, runs: Runs) {
  const named = (capability: string): string => `${capability}.${suffix}`
  const note = (text: string, attempt: number): void => { runs.set(text, [...runs.get(text) ?? [], attempt]) }
  const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
  const faulty = defineAgent({
    ...common, name: `faulty-${suffix}`, maxConcurrent: 20, dependencies: [named('count'), named('sometimes')],
    capabilities: {
      [named('silent')]: { input: Text, retry, idleTimeoutMs: 500 }, [named('late')]: { input: Text }, [named('third')]: { input: Text, output: Text, retry },
      [named('long')]: { input: Text, output: Text, idleTimeoutMs: 600 }, [named('waits')]: { input: Text }, [named('note')]: { input: Text, retry },
      [named('once')]: { input: Text, output: z.object({ run: z.number() }) }
    }
  })
  let onces = 0
  faulty.handle(named('silent'), ({ text }: { text: string }, mesh) => {
    note(text, mesh.attempt)
    return new Promise((_resolve, reject) => mesh.signal.addEventListener('abort', () => reject(mesh.signal.reason as Error)))
  })
  faulty.handle(named('late'), async ({ text }: { text: string }, mesh) => {
    note(text, mesh.attempt)
    await pause(1_500)
    return { text }
  })
  faulty.handle(named('third'), async ({ text }: { text: string }, mesh) => {
    note(text, mesh.attempt)
    await mesh.call(named('count'), { text: `counted ${text}` })
    await mesh.call(named('sometimes'), { text: `sometimes ${text}` })
    if (mesh.attempt < 3) throw new AgentError('NOT_YET', 'not yet', { retriable: true })
    return { text: text.toUpperCase() }
  })
  faulty.handle(named('long'), async ({ text }: { text: string }, mesh) => {
    for (let step = 0; step < 20; step++) {
      await pause(100)
      mesh.progress()
    }
    return { text }
  })
  faulty.handle(named('waits'), ({ text }: { text: string }, mesh) => {
    note(text, mesh.attempt)
    return new Promise((_resolve, reject) => mesh.signal.addEventListener('abort', () => {
      note(`${text}: ${(mesh.signal.reason as MeshError).code}`, mesh.attempt)
      reject(mesh.signal.reason as Error)
    }))
  })
  faulty.handle(named('note'), ({ text }: { text: string }, mesh) => {
    note(text, mesh.attempt)
    throw new AgentError('NOTE_LOST', 'no paper', { retriable: true })
  })
  faulty.handle(named('once'), () => ({ run: ++onces }))
  const counter = defineAgent({ ...common, name: `counter-${suffix}`, capabilities: { [named('count')]: { input: Text }, [named('sometimes')]: { input: Text } } })
  counter.handle(named('count'), ({ text }: { text: string }, mesh) => { note(text, mesh.attempt) })
  counter.handle(named('sometimes'), ({ text }: { text: string }, mesh) => {
    note(text, mesh.attempt)
    if (runs.get(text)!.length === 1) throw new AgentError('BUSY', 'busy', { retriable: true })
  })
  // Each asks the next one, round and round.
  const ring = [0, 1, 2].map(place => {
    const next = named(`ring-${(place + 1) % 3}`)
    const agent = defineAgent({
      ...common, name: `ring-${place}-${suffix}`, dependencies: [next], capabilities: { [named(`ring-${place}`)]: { input: Text, chainLimits: { visitsMax: 2 } } }
    })
    return agent.handle(named(`ring-${place}`), async ({ text }: { text: string }, mesh) => {
      note(`${text} ${place}`, mesh.attempt)
      return mesh.call(next, { text })
    })
  })
  const asker = defineAgent({
    ...common, name: `asker-${suffix}`,
    dependencies: ['silent', 'late', 'third', 'long', 'waits', 'note', 'once', 'ring-0', 'crash'].map(named)
  }) as Agent
  return { asker, agents: [faulty, counter, ...ring, asker] as Agent[], named }
}

export function failingFeatures (title: string, ground: () => MeshGround): void {
  describe(title, () => {
    const suffix = Math.random().toString(36).slice(2, 8)
    const runs: Runs = new Map()
    const { asker, agents, named } = castOf(suffix, runs)
    let history: History
    beforeAll(async () => {
      await startAgents(agents, ground().options)
      history = await History.open(ground(), [asker.name])
    }, 60_000)
    afterAll(async () => {
      await history?.close()
      await Promise.all(agents.map(agent => agent.stop()))
    }, 30_000)
    const failure = (call: Promise<unknown>): Promise<MeshError> => call.then(() => { throw new Error('was answered') }, error => error as MeshError)
    /** When the mesh has said all that it will say of the request. */
    const settled = async (dispatchId: string): Promise<{ outcomes: string[], told: string[] }> => {
      await until(() => history.outcomes(dispatchId).length > 0)
      // What comes after this has come after all that was said of the request before.
      const after = await asker.callDetailed(named('once'), { text: 'mark' }, { workflowId: workflowOf.get(dispatchId)! })
      await until(() => history.told.has(after.dispatchId))
      return { outcomes: history.outcomes(dispatchId), told: history.told.get(dispatchId)! }
    }
    const workflowOf = new Map<string, string>()
    const ask = async (capability: string, text: string, options: object = {}): Promise<MeshError> => {
      const workflowId = `w ${text}`
      const error = await failure(asker.call(named(capability), { text }, { ...options, workflowId }))
      workflowOf.set(error.dispatchId!, workflowId)
      return error
    }

    test('one that never answers is asked as often as its capability says, each time until the idle time-out', async () => {
      const { code, dispatchId } = await ask('silent', 'silent', { ttlMs: 20_000 })
      expect(code).toBe('IDLE_TIMEOUT')
      expect(runs.get('silent')).toEqual([1, 2, 3])
      expect(await settled(dispatchId!)).toEqual({ outcomes: ['timed_out IDLE_TIMEOUT'], told: ['IDLE_TIMEOUT'] })
    }, 40_000)

    test('one that answers late is a time-out, and its answer is not delivered', async () => {
      const { code, dispatchId } = await ask('late', 'late', { ttlMs: 500 })
      expect(code).toBe('TIMEOUT')
      await until(() => history.events.some(event => event.inReplyTo === dispatchId && event.decision === 'late'))
      expect(await settled(dispatchId!)).toEqual({ outcomes: ['timed_out TIMEOUT'], told: ['TIMEOUT'] })
      expect(runs.get('late')).toEqual([1])
    }, 40_000)

    test('one that fails twice and then succeeds is answered; what it asked with success is not done again, what failed is', async () => {
      const { output, dispatchId, workflowId } = await asker.callDetailed(named('third'), { text: 'third' }, { ttlMs: 25_000, output: Text })
      workflowOf.set(dispatchId, workflowId)
      expect(output).toEqual({ text: 'THIRD' })
      expect(runs.get('third')).toEqual([1, 2, 3])
      expect(runs.get('counted third')).toEqual([1])
      expect(runs.get('sometimes third')).toEqual([1, 1])
      expect(await settled(dispatchId)).toEqual({ outcomes: ['completed success'], told: ['answered'] })
      expect(history.decisions(dispatchId).filter(decision => decision === 'retried')).toHaveLength(2)
    }, 60_000)

    test('one that crashes in the middle is handled by the next instance, with what it had asked', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'crash-'))
      const notes = join(folder, 'notes')
      writeFileSync(notes, '')
      const start = () => startProcess('services/agent-sdk/test/crashing-process.ts', ground().environment, [suffix, notes])
      const first = await start()
      const crashed = new Promise(resolve => first.once('exit', resolve))
      const call = asker.callDetailed(named('crash'), { text: 'crash' }, { ttlMs: 60_000, output: Text })
      await crashed
      const second = await start()
      try {
        const { output, dispatchId, workflowId } = await call
        workflowOf.set(dispatchId, workflowId)
        expect(output).toEqual({ text: 'crash in the end' })
        expect(readFileSync(notes, 'utf8').split('\n').filter(Boolean)).toEqual([dispatchId, dispatchId])
        expect(runs.get('crash')).toEqual([1])
        expect(await settled(dispatchId)).toEqual({ outcomes: ['completed success'], told: ['answered'] })
      } finally {
        await stopProcess(second)
        rmSync(folder, { recursive: true })
      }
    }, 90_000)

    test('one that calls itself through two others is cut, and told so as an error', async () => {
      const { code, message, dispatchId } = await ask('ring-0', 'ring', { ttlMs: 20_000 })
      expect([code, message]).toEqual(['HANDLER_FAILED', expect.stringContaining('HANDLER_FAILED of')])
      expect([0, 1, 2].map(place => runs.get(`ring ${place}`)?.length)).toEqual([2, 2, 2])
      expect(await settled(dispatchId!)).toEqual({ outcomes: ['completed HANDLER_FAILED'], told: ['HANDLER_FAILED'] })
      expect(history.events.filter(({ reason, workflowId }) => reason === 'CHAIN_CYCLE' && workflowId === 'w ring')).toHaveLength(1)
    }, 40_000)

    test('one that says that it is alive may take longer than its idle time-out', async () => {
      const { output, dispatchId, workflowId } = await asker.callDetailed(named('long'), { text: 'long' }, { output: Text })
      workflowOf.set(dispatchId, workflowId)
      expect(output).toEqual({ text: 'long' })
      expect(await settled(dispatchId)).toEqual({ outcomes: ['completed success'], told: ['answered'] })
      // 2 s at four an idle time-out of 0.6 s.
      expect(history.events.filter(event => event.inReplyTo === dispatchId && event.decision === 'progressed').length).toBeLessThanOrEqual(15)
    }, 40_000)

    test('a call that is given up ends its handler and has no answer', async () => {
      const aborter = new AbortController()
      const asking = ask('waits', 'waits', { signal: aborter.signal })
      await until(() => runs.has('waits'))
      aborter.abort()
      const { code, dispatchId } = await asking
      expect(code).toBe('CANCELLED')
      await until(() => runs.has('waits: CANCELLED'))
      await until(() => history.outcomes(dispatchId!).length > 0)
      expect(history.outcomes(dispatchId!)).toEqual(['cancelled CANCELLED'])
      expect(history.told.get(dispatchId!)).toBeUndefined()
    }, 40_000)

    test('an event whose handler fails for good is tried as often as its capability says, and kept for an operator', async () => {
      const { dispatchId } = await asker.send(named('note'), { text: 'lost' })
      await until(() => history.decisions(dispatchId).includes('dead_lettered'), 20_000)
      expect(runs.get('lost')).toEqual([1, 2, 3])
    }, 40_000)

    test('a repeat under an idempotency key gets the first one\'s answer', async () => {
      const key = { idempotencyKey: `key-${suffix}` }
      const calls = await Promise.all([1, 2].map(() => asker.callDetailed(named('once'), { text: 'keyed' }, key)))
      const again = await asker.callDetailed(named('once'), { text: 'keyed' }, key)
      expect(new Set([...calls, again].map(({ output }) => JSON.stringify(output))).size).toBe(1)
      expect(new Set([...calls, again].map(({ dispatchId }) => dispatchId)).size).toBe(3)
    }, 40_000)
  })
}
