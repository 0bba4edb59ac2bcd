// The agents of the load: fast, slow, failing, silent, and two that ask others in turn. What each does is a function of
// what it is asked, so that a run again does the same.
import { type Agent, AgentError, defineAgent, type Mesh } from '@mesh/agent-sdk'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { randomOf } from '../core/random.ts'
import { type Dials, readDials } from './dials.ts'
import type { HistoryFile } from './history-file.ts'

export const marked = z.object({ token: z.string(), filler: z.string() })
const answer = z.object({ token: z.string() })
const contract = { input: marked, output: answer }
const common = { version: '1.0.0', domain: 'torture', role: 'orchestrator', ownerTeam: 'torture', slaP95Ms: 2_000, inboxPartitions: 2, answersPartitions: 4 } as const

interface AgentTools { readonly history: HistoryFile, readonly dialsFile: string | undefined }

export function loadAgents ({ history, dialsFile }: AgentTools): Agent[] {
  const dials = (): Dials => readDials(dialsFile)
  const begin = async (agent: string, token: string, mesh: Mesh): Promise<void> => {
    history.note({ kind: 'handled', agent, id: mesh.dispatchId, token, atMs: Date.now() })
    const { slowMs } = dials()
    if (slowMs > 0) await pause(slowMs)
  }
  return [worker(begin), failing(begin), ...asking(begin), mute(begin)]
}

type Begin = (agent: string, token: string, mesh: Mesh) => Promise<void>

function worker (begin: Begin): Agent {
  const name = 'torture-worker'
  const agent = defineAgent({
    ...common, name, maxConcurrent: 40,
    capabilities: {
      torture_echo: { ...contract, retry: { attemptsMax: 2 } }, torture_slow: { ...contract, idleTimeoutMs: 600 }, torture_note: { input: marked }
    }
  })
  agent.handle('torture_echo', async ({ token }, mesh) => {
    await begin(name, token, mesh)
    return { token }
  })
  // Half of those that take longer than the idle time-out say that they are alive.
  agent.handle('torture_slow', async ({ token }, mesh) => {
    await begin(name, token, mesh)
    const random = randomOf('slow', token)
    const [runMs, isTelling] = [random.between(20, 900), random.chance(0.5)]
    for (let leftMs = runMs; leftMs > 0; leftMs -= 100) {
      await pause(Math.min(leftMs, 100))
      if (isTelling) mesh.progress()
    }
    return { token }
  })
  agent.handle('torture_note', async ({ token }, mesh) => { await begin(name, token, mesh) })
  return agent
}

/** An agent of its own: what it fails must not be held against the others. */
function failing (begin: Begin): Agent {
  const name = 'torture-failing'
  const retry = { attemptsMax: 3, backoffMs: 100, backoffMsMax: 1_000 }
  const agent = defineAgent({
    ...common, name, maxConcurrent: 20,
    capabilities: {
      torture_failing: { ...contract, retry, fallback: { reply: { token: 'instead' } } },
      torture_fragile: { input: marked, retry: { attemptsMax: 2, backoffMs: 50 } }
    }
  })
  agent.handle('torture_failing', async ({ token }, mesh) => {
    await begin(name, token, mesh)
    const random = randomOf('failing', token, mesh.attempt)
    if (random.chance(0.5)) throw new AgentError('TORTURED', 'it was to fail', { retriable: random.chance(0.5) })
    return { token }
  })
  // An event that fails for good is given back, for an operator.
  agent.handle('torture_fragile', async ({ token }, mesh) => {
    await begin(name, token, mesh)
    if (randomOf('fragile', token, mesh.attempt).chance(0.4)) throw new AgentError('TORTURED', 'it was to fail', { retriable: true })
  })
  return agent
}

/** front asks middle, middle asks echo and tells note: a chain of four. And a loop of the two, which the mesh has to cut. */
function asking (begin: Begin): Agent[] {
  const [front, middle] = ['torture-front', 'torture-middle'] as const
  const first = defineAgent({
    ...common, name: front, maxConcurrent: 40, dependencies: ['torture_middle', 'torture_back'],
    capabilities: { torture_front: { ...contract, fallback: { capability: 'torture_echo' } }, torture_loop: contract }
  })
  first.handle('torture_front', async ({ token }, mesh) => {
    await begin(front, token, mesh)
    await mesh.call('torture_middle', { token: `${token}>m`, filler: '' })
    return { token }
  })
  first.handle('torture_loop', async ({ token }, mesh) => {
    await begin(front, token, mesh)
    await mesh.call('torture_back', { token: `${token}>b`, filler: '' })
    return { token }
  })
  const second = defineAgent({
    ...common, name: middle, maxConcurrent: 40, dependencies: ['torture_echo', 'torture_note', 'torture_loop'],
    capabilities: { torture_middle: { ...contract, retry: { attemptsMax: 2 } }, torture_back: contract }
  })
  second.handle('torture_back', async ({ token }, mesh) => {
    await begin(middle, token, mesh)
    await mesh.call('torture_loop', { token: `${token}>l`, filler: '' })
    return { token }
  })
  second.handle('torture_middle', async ({ token }, mesh) => {
    await begin(middle, token, mesh)
    await mesh.call('torture_echo', { token: `${token}>e`, filler: '' })
    await mesh.send('torture_note', { token: `${token}>n`, filler: '' }, { priority: 3 })
    return { token }
  })
  return [first, second]
}

/** Ends its process whenever it is handed the same half of what it is asked, so that the mesh has to set that aside. */
export function poisonedAgents ({ history }: AgentTools): Agent[] {
  const name = 'torture-poisoned'
  const agent = defineAgent({ ...common, name, maxConcurrent: 1, capabilities: { torture_poison: contract } })
  agent.handle('torture_poison', ({ token }, mesh) => {
    history.note({ kind: 'handled', agent: name, id: mesh.dispatchId, token, atMs: Date.now() })
    if (randomOf('poison', token).chance(0.5)) process.exit(7)
    return { token }
  })
  return [agent]
}

/** Holds what it is asked until the deadline, and says nothing in time. */
function mute (begin: Begin): Agent {
  const name = 'torture-mute'
  const agent = defineAgent({ ...common, name, maxConcurrent: 200, capabilities: { torture_mute: contract, torture_secret: contract } })
  agent.handle('torture_mute', async ({ token }, mesh) => {
    await begin(name, token, mesh)
    await new Promise<void>(resolve => { mesh.signal.addEventListener('abort', () => resolve(), { once: true }) })
    return { token }
  })
  // Nobody declares it as a dependency.
  agent.handle('torture_secret', ({ token }) => ({ token }))
  return agent
}
