// One process of the run, over all its lives: started, killed, stopped, continued, started again.
import { identityOf, type ProcessIdentity, repositoryRoot } from '@mesh/local-stack'
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ActorPlan {
  readonly name: string
  /** Below the repository. */
  readonly script: string
  readonly nodeArgs?: readonly string[]
  readonly args?: readonly string[]
  /** Of the young generation; 4, as `npm start` has it for memory's sake. What passes much wants more. */
  readonly semiSpaceMb?: number
  /** Gets an IPC channel, and this is called with what the process says on it. */
  readonly onMessage?: (message: unknown) => void
  readonly environment: Readonly<Record<string, string>>
  readonly healthPort: number
  /** Ends by itself now and then, as it should. */
  readonly isFragile?: boolean
}

const readyMsMax = 60_000
const drainMsMax = 12_000
const pollMs = 50
const restartMs = 1_000
/** One that ends again and again is left alone; what is missing then shows. */
const startsMax = 200

export class Actor {
  readonly plan: ActorPlan
  readonly #logFolder: string
  readonly #onStarted: (identity: ProcessIdentity) => void
  #child: ChildProcess | undefined
  #gone: Promise<void> = Promise.resolve()
  /** Deaths that nobody asked for. */
  readonly surprises: string[] = []
  #isExpectedToDie = false
  #isRetired = false
  starts = 0

  constructor (plan: ActorPlan, logFolder: string, onStarted: (identity: ProcessIdentity) => void) {
    this.plan = plan
    this.#logFolder = logFolder
    this.#onStarted = onStarted
  }

  get name (): string { return this.plan.name }
  /** Undefined while it is down. */
  get pid (): number | undefined { return this.#child?.pid }
  get isUp (): boolean { return this.#child !== undefined }
  get logFile (): string { return join(this.#logFolder, `${this.name}.log`) }

  start (): void {
    if (this.#child !== undefined || this.#isRetired) return
    const { script, nodeArgs = [], args = [], semiSpaceMb = 4, environment, healthPort, onMessage } = this.plan
    const log = openSync(this.logFile, 'a')
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', `--max-semi-space-size=${semiSpaceMb}`, ...nodeArgs, script, ...args], {
      cwd: repositoryRoot, detached: true, stdio: ['ignore', log, log, ...onMessage === undefined ? [] : ['ipc' as const]],
      env: { ...process.env, NODE_OPTIONS: '', ...environment, MESH_HEALTH_PORT: String(healthPort) }
    })
    closeSync(log)
    if (onMessage !== undefined) child.on('message', onMessage)
    this.#child = child
    this.#isExpectedToDie = false
    this.starts++
    const identity = child.pid === undefined ? undefined : identityOf(child.pid)
    if (identity !== undefined) this.#onStarted(identity)
    this.#gone = new Promise(resolve => {
      const ended = (how: string) => {
        if (this.#child === child) this.#child = undefined
        if (!this.#isExpectedToDie) this.#startAgain(how)
        resolve()
      }
      child.once('exit', (code, name) => ended(name ?? `exit code ${code}`))
      child.once('error', error => ended(error.message))
    })
  }

  /** As a supervisor does, for one that gave up while its broker or its registry was away. */
  #startAgain (how: string): void {
    if (this.plan.isFragile !== true) this.surprises.push(`${how}; ${lastWords(this.logFile)}`)
    if (this.starts < startsMax) setTimeout(() => this.start(), restartMs)
  }

  /** Kills it, for good. */
  async retire (): Promise<void> {
    this.#isRetired = true
    await this.kill()
  }

  signal (name: NodeJS.Signals): void {
    if (name === 'SIGKILL' || name === 'SIGTERM') this.#isExpectedToDie = true
    this.#child?.kill(name)
  }

  /** To a process with a channel; nothing happens while it is down. */
  send (message: object): void { this.#child?.send(message, () => undefined) }

  async kill (): Promise<void> {
    this.signal('SIGKILL')
    await this.#gone
  }

  /** For good: asked first, killed when it takes too long. */
  async end (): Promise<void> {
    this.#isRetired = true
    this.signal('SIGCONT')
    this.signal('SIGTERM')
    const timer = setTimeout(() => this.signal('SIGKILL'), drainMsMax)
    await this.#gone
    clearTimeout(timer)
  }

  /** Rejects when it died or is not ready in time. */
  async ready (): Promise<void> {
    const untilMs = performance.now() + readyMsMax
    let problem = 'it does not answer'
    while (performance.now() < untilMs) {
      if (this.surprises.length > 2) throw new Error(`${this.name} ends again and again; its log: ${this.logFile}`)
      try {
        const answer = await fetch(`http://127.0.0.1:${this.plan.healthPort}/readyz`, { signal: AbortSignal.timeout(2_000) })
        if (answer.ok) return
        problem = (await answer.text()).slice(0, 300)
      } catch { /* not yet */ }
      await new Promise(resolve => setTimeout(resolve, pollMs))
    }
    throw new Error(`${this.name} is not ready after ${readyMsMax} ms (${problem}); its log: ${this.logFile}`)
  }
}

/** The last thing that it logged, as far as it fits a line. */
function lastWords (logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n')
  return (lines.findLast(line => line.includes('"fatal"')) ?? lines.at(-1) ?? '').slice(0, 600)
}
