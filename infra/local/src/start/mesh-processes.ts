// The mesh's own processes: started in order, known ready by /readyz, stopped in the reverse order.
//
// Invariants:
//   M1. Each is in a process group of its own, so that Ctrl-C reaches only `npm start`, which drains them in order.
//   M2. Each one's identity is on disk while it runs, so that a crash of `npm start` leaves nothing unknown.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../home.ts'
import { StackError } from '../errors.ts'
import { identityOf, type ProcessIdentity, signal } from '../process-identity.ts'

export interface ProcessPlan {
  readonly name: string
  /** Below the repository, with its arguments. */
  readonly command: readonly [script: string, ...args: string[]]
  readonly healthPort: number
  readonly environment: Readonly<Record<string, string>>
}

export interface MeshProcess {
  readonly name: string
  readonly identity: ProcessIdentity
  readonly healthPort: number
  readonly logFile: string
  /** Resolves with how it ended, whenever it does. */
  readonly exited: Promise<string>
  stop (): Promise<void>
  stopNow (): void
}

const readyMsMax = 60_000
const readyPollMs = 50
const drainMsMax = 15_000
const logLines = 12

export async function startMeshProcess (plan: ProcessPlan, logFolder: string): Promise<MeshProcess> {
  const logFile = join(logFolder, `${plan.name}.log`)
  const log = openSync(logFile, 'w')
  // A small young generation: what Node takes while much passes through is half of it, and it keeps what it once took.
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', ...plan.command], {
    cwd: repositoryRoot, detached: true, stdio: ['ignore', log, log],
    env: { ...process.env, ...plan.environment, MESH_HEALTH_PORT: String(plan.healthPort) }
  })
  closeSync(log)
  let ended: string | undefined
  const exited = new Promise<string>(resolve => child.once('exit', (code, signalName) => {
    ended = signalName ?? `exit code ${code}`
    resolve(ended)
  }))
  child.once('error', error => { ended = error.message })
  const identity = (child.pid === undefined ? undefined : identityOf(child.pid)) ?? { pid: child.pid ?? -1, startTime: 'unknown' }
  const started: MeshProcess = {
    name: plan.name, identity, healthPort: plan.healthPort, logFile, exited,
    async stop () {
      if (ended !== undefined) return
      signal(identity, 'SIGTERM')
      const timer = setTimeout(() => signal(identity, 'SIGKILL'), drainMsMax)
      await exited
      clearTimeout(timer)
    },
    stopNow () { if (ended === undefined) signal(identity, 'SIGKILL') }
  }
  await waitUntilReady(started, () => ended)
  return started
}

async function waitUntilReady (started: MeshProcess, ended: () => string | undefined): Promise<void> {
  const untilMs = performance.now() + readyMsMax
  let problem = 'no answer yet'
  while (performance.now() < untilMs) {
    if (ended() !== undefined) throw died(started, ended()!)
    try {
      const answer = await fetch(`http://127.0.0.1:${started.healthPort}/readyz`, { signal: AbortSignal.timeout(2_000) })
      if (answer.ok) return
      problem = await answer.text()
    } catch (error) {
      problem = (error as Error).message
    }
    await new Promise(resolve => setTimeout(resolve, readyPollMs))
  }
  started.stopNow()
  throw new StackError('PART_NOT_READY', `${started.name} was not ready after ${readyMsMax / 1_000} s (${problem.slice(0, 300)}). Its log: ${started.logFile}\n${lastLines(started.logFile)}`)
}

export const died = (started: MeshProcess, how: string): StackError =>
  new StackError('PART_DIED', `${started.name} ended (${how}). Its log, ${started.logFile}, closes with:\n${lastLines(started.logFile)}`)

function lastLines (file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-logLines).map(line => `  ${line.slice(0, 400)}`).join('\n')
  } catch {
    return '  (no log)'
  }
}
