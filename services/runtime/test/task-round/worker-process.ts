// Starts worker processes, and waits for what they say.
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TaskRunnerOptions } from '../../src/task-round/index.ts'
import type { RunTopics } from './run-topics.ts'

export interface WorkerSettings {
  readonly brokers: readonly string[]
  readonly name: string
  readonly topics: RunTopics
  readonly taskCount: number
  readonly sessionTimeoutMs: number
  /** Sends itself this signal inside a transaction, once, after so many rounds. */
  signalInside?: NodeJS.Signals | undefined
  readonly signalAfterRounds?: number
  /** Stops itself (SIGSTOP) before it fences this one of a task's ids, once. */
  signalBeforeFence?: number | undefined
  /** Stands this long inside every transaction, and before it fences the first id of a task. */
  readonly holdInsideMs?: number
  readonly holdBeforeFenceMs?: number
  /** Share of rounds that fail before, and after, their commit. */
  readonly faultRate?: number
  readonly tellRounds?: boolean
  readonly options?: Partial<TaskRunnerOptions>
}

export interface WorkerEvent {
  readonly event?: 'started' | 'stopped' | 'inside' | 'task' | 'round'
  readonly task?: number
  readonly status?: string
  readonly records?: number
  readonly level?: string
  readonly msg?: string
  readonly reason?: string
}

const script = fileURLToPath(new URL('./worker.ts', import.meta.url))
const waitMsMax = 30_000
const wordsShown = 40

export class Worker {
  readonly name: string
  readonly events: WorkerEvent[] = []
  readonly #taskCount: number
  readonly #child: ChildProcess
  readonly #exited: Promise<number | NodeJS.Signals>
  readonly #watchers = new Set<() => void>()
  #stderr = ''

  constructor (settings: WorkerSettings) {
    this.name = settings.name
    this.#taskCount = settings.taskCount
    // Its standard input ends with this process: then it ends, too.
    this.#child = spawn(process.execPath, [script, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } })
    this.#exited = new Promise(resolve => this.#child.once('exit', (code, signal) => {
      resolve(code ?? signal!)
      this.#tell()
    }))
    let rest = ''
    this.#child.stdout!.on('data', (data: Buffer) => {
      const lines = (rest + data.toString()).split('\n')
      rest = lines.pop()!
      for (const line of lines) this.events.push(JSON.parse(line) as WorkerEvent)
      this.#tell()
    })
    this.#child.stderr!.on('data', (data: Buffer) => { this.#stderr += data.toString() })
  }

  signal (signal: NodeJS.Signals): void { this.#child.kill(signal) }

  get hasExited (): boolean { return this.#child.exitCode !== null || this.#child.signalCode !== null }

  exited (): Promise<number | NodeJS.Signals> { return this.#exited }

  /** Resolves with the first event, from index `from` on, that passes; rejects when the process ends or time is up. */
  async said (what: string, passes: (event: WorkerEvent) => boolean, from = 0): Promise<WorkerEvent> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => end(() => reject(this.#failure(`did not say within ${waitMsMax} ms: ${what}`))), waitMsMax)
      const end = (settle: () => void) => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        settle()
      }
      const look = () => {
        const event = this.events.slice(from).find(passes)
        if (event !== undefined) end(() => resolve(event))
        else if (this.hasExited) end(() => reject(this.#failure(`ended before it said: ${what}`)))
      }
      this.#watchers.add(look)
      look()
    })
  }

  running (task?: number, from = 0): Promise<WorkerEvent> {
    return this.said(`task ${task ?? 'any'} is running`, event => event.event === 'task' && event.status === 'running' && (task === undefined || event.task === task), from)
  }

  /** All tasks run at this worker. */
  async runningAll (from = 0): Promise<void> {
    for (let task = 0; task < this.#taskCount; task++) await this.running(task, from)
  }

  async kill (): Promise<void> {
    if (!this.hasExited) this.#child.kill('SIGKILL')
    await this.#exited
  }

  #tell (): void { for (const watcher of [...this.#watchers]) watcher() }

  /** What it said last, for the message of a failed test. */
  lastWords (): string {
    const last = this.events.filter(({ event }) => event !== 'round').slice(-wordsShown).map(event => JSON.stringify(event)).join('\n')
    return `worker ${this.name} said last:\n${last}\n${this.#stderr.slice(-2_000)}`
  }

  #failure (what: string): Error { return new Error(`worker ${this.name} ${what}; ${this.lastWords()}`) }
}
