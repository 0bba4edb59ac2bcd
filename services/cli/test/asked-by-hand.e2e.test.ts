// `mesh agents` and `mesh call` against a registry, a coordinator and agents, as processes of their own.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AgentError, defineAgent, startAgents, type Agent } from '@mesh/agent-sdk'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { runMesh, startMesh } from './command.ts'
import { openPrivateMesh, type PrivateMesh } from './private-mesh.ts'

const number = z.object({ n: z.number() })
const processes: ChildProcess[] = []
const agents: Agent[] = []
const keysFolder = mkdtempSync(join(tmpdir(), 'mesh-keys-'))
let mesh: PrivateMesh
let environment: Record<string, string>
let onHeld: () => void
const held = new Promise<void>(resolve => { onHeld = resolve })

beforeAll(async () => {
  mesh = await openPrivateMesh([])
  environment = { ...mesh.environment, MESH_KEYS_FOLDER: keysFolder, MESH_TASKS: '2', MESH_REGISTRY_PORT: '0', MESH_HEALTH_PORT: '0', MESH_LOG_LEVEL: 'info' }
  const [registry] = await Promise.all([start('registry'), start('coordinator')])
  environment.MESH_REGISTRY_URL = `http://127.0.0.1:${registry.port}`
  const facts = { version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test' } as const
  const calculator = defineAgent({ ...facts, name: 'calculator', capabilities: { double: { input: number, output: number }, fail: { input: number }, hold: { input: number } } })
  calculator.handle('double', ({ n }) => ({ n: n * 2 }))
    .handle('fail', () => { throw new AgentError('NO_SUCH_NUMBER', 'there is no such number') })
    .handle('hold', async (_input, { signal }) => {
      onHeld()
      await once(signal, 'abort')
    })
  agents.push(calculator)
  await startAgents(agents, { namespace: mesh.names.namespace, registryUrl: environment.MESH_REGISTRY_URL, keysFolder, logLevel: 'silent', drainMs: 2_000 })
})

afterAll(async () => {
  await Promise.all(agents.map(agent => agent.stop()))
  for (const child of processes) {
    if (child.exitCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  await mesh.close()
  rmSync(keysFolder, { recursive: true })
})

interface Said { readonly healthPort?: number, readonly port?: number }

// Resolves with what it said when it was up, once it is ready.
async function start (name: string): Promise<Said> {
  const script = fileURLToPath(new URL(`../../${name}/src/main.ts`, import.meta.url))
  const child = spawn(process.execPath, [script], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] })
  processes.push(child)
  const last: string[] = []
  const said = await new Promise<Said>((resolve, reject) => {
    createInterface(child.stdout).on('line', line => {
      last.push(line)
      if (line.includes('"healthPort":')) resolve(JSON.parse(line) as Said)
    })
    child.once('exit', () => reject(new Error(`${name} ended: ${last.slice(-5).join('\n')}`)))
  })
  for (;;) {
    const { ok } = await fetch(`http://127.0.0.1:${said.healthPort}/readyz`)
    if (ok) return said
  }
}

const askMesh = (...args: readonly string[]) => runMesh(args, { ...environment, MESH_LOG_LEVEL: '' })
const namesOf = async (): Promise<string[]> => (JSON.parse((await askMesh('agents', '--json')).out) as { name: string }[]).map(({ name }) => name)

describe('a question asked by hand', () => {
  test('is not asked where nobody offers an answer, and leaves no agent behind', async () => {
    const { code, out, err } = await askMesh('call', 'duoble', '{"n":1}')
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('UNKNOWN_CAPABILITY: no agent offers duoble.')
    expect(await namesOf()).toEqual(['calculator'])
  })

  test('is answered with the reply alone on standard output; ids and latency beside it', async () => {
    const { code, out, err } = await askMesh('call', 'double', '{"n":21}', '--priority', '1', '--workflow', 'w-by-hand')
    expect([code, JSON.parse(out)]).toEqual([0, { n: 42 }])
    expect(err).toMatch(/^calculator 1\.0\.0 answered in \d+ ms; dispatch [\w-]+, workflow w-by-hand\n$/)
  })

  test('as JSON has all of it in one value; several at once don\'t contradict each other', async () => {
    const answers = await Promise.all([1, 2].map(n => askMesh('call', 'double', JSON.stringify({ n }), '--json')))
    expect(answers.map(({ out }) => JSON.parse(out) as unknown)).toEqual([1, 2].map(n => ({
      output: { n: n * 2 }, dispatchId: expect.any(String), workflowId: expect.any(String), answeredBy: 'calculator', answeredByVersion: '1.0.0',
      isFallback: false, latencyMs: expect.any(Number)
    })))
    expect((await namesOf()).filter(name => name.startsWith('mesh-cli-'))).toHaveLength(1)
  })

  test('is taken from standard input', async () => {
    const asking = startMesh(['call', 'double', '-'], { ...environment, MESH_LOG_LEVEL: '' })
    asking.child.stdin!.end('{"n":4}')
    expect(JSON.parse((await asking.ended).out)).toEqual({ n: 8 })
  })

  test.each([
    ['that doesn\'t fit', 'double', '{"n":"x"}', 'INPUT_INVALID', 'Send what the contract says.'],
    ['that the agent refuses', 'fail', '{"n":1}', 'NO_SUCH_NUMBER', 'The agent chose this code']
  ])('%s fails with the code, what to do, and how to trace it', async (_name, capability, input, code, next) => {
    const answer = await askMesh('call', capability, input, '--json')
    expect([answer.code, answer.out]).toEqual([1, ''])
    const { error } = JSON.parse(answer.err) as { error: { dispatchId: string } }
    expect(error).toEqual({ code, message: expect.stringContaining(code), next: expect.stringContaining(next), dispatchId: expect.any(String) })
    expect(error).toMatchObject({ next: expect.stringContaining(`npx mesh trace ${error.dispatchId}`) })
  })

  test('is given up at Ctrl-C', async () => {
    const asking = startMesh(['call', 'hold', '{"n":1}'], { ...environment, MESH_LOG_LEVEL: '' })
    await held
    asking.child.kill('SIGINT')
    expect(await asking.ended).toMatchObject({ code: 1, signal: null, out: '', err: expect.stringContaining('The request was sent, and may be handled all the same.') })
  })
})

test('agents are listed as a table', async () => {
  const { code, out } = await askMesh('agents')
  expect(code).toBe(0)
  expect(out).toMatch(/^agent +version +domain +team +role +capabilities +status +health +instances\ncalculator +1\.0\.0 +test +test +bot +double +active +unknown\n +fail\n +hold\n/)
})
