// Where a mesh is put under test: a stack of its own on free ports, and processes over all their lives. Whatever becomes of
// the run, a guard ends what it has started.
import { checkpointEnvironment, freePort, repositoryRoot, silentProgress, type Stack, stackEnvironment, startStack } from '@mesh/local-stack'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Actor, type ActorPlan } from './actor.ts'

export interface StageOptions {
  /** What is staged: part of the names of its folders. */
  readonly name: string
  readonly namespace: string
  readonly taskCount: number
  /** Until the guard ends the run, whatever it does. */
  readonly boundMs: number
  /** Of every process. */
  readonly environment?: Readonly<Record<string, string>>
}

const guardScript = fileURLToPath(new URL('guard.ts', import.meta.url))
const ownAddresses = ['DATABASE_URL', 'REDIS_URL', 'MESH_KAFKA_BROKERS', 'MESH_SCHEMA_REGISTRY_URL', 'MESH_NAMESPACE']

export class Stage {
  readonly stack: Stack
  /** Logs, keys and whatever the processes write down; it outlives the stack. */
  readonly folder: string
  readonly registryUrl: string
  /** What every process of this mesh is told. */
  readonly environment: Readonly<Record<string, string>>
  readonly #actors = new Map<string, Actor>()
  readonly #guard: ChildProcess
  #isStopping = false

  /** The stack, with the mesh's topics; no process yet. */
  static async open (options: StageOptions): Promise<Stage> {
    const environment = { ...process.env }
    for (const address of ownAddresses) delete environment[address]
    // Named as the stacks of test runs are, so that the next one removes what a killed run leaves.
    const stack = await startStack({ name: `test-${process.pid}-${options.name}`, progress: silentProgress, keepData: false, environment })
    const stage = new Stage(stack, options, await freePort())
    try {
      mkdirSync(stage.folder, { recursive: true })
      await promisify(execFile)(process.execPath, ['topics/scripts/apply.ts'], { cwd: repositoryRoot, env: { ...process.env, ...stage.environment } })
      return stage
    } catch (error) {
      await stage.close()
      throw error
    }
  }

  private constructor (stack: Stack, { name, namespace, taskCount, boundMs, environment = {} }: StageOptions, registryPort: number) {
    this.stack = stack
    this.folder = join(dirname(stack.folder), `${name}-${process.pid}`)
    this.registryUrl = `http://127.0.0.1:${registryPort}`
    this.environment = {
      ...stackEnvironment(stack.addresses), ...checkpointEnvironment(this.folder),
      MESH_REGISTRY_URL: this.registryUrl, MESH_REGISTRY_PORT: String(registryPort), MESH_NAMESPACE: namespace,
      MESH_TASKS: String(taskCount), MESH_KEYS_FOLDER: join(this.folder, 'keys'), MESH_LOG_LEVEL: 'info', ...environment
    }
    this.#guard = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', guardScript, String(boundMs), String(process.pid), stack.folder], { stdio: ['pipe', 'ignore', 'inherit'], detached: true })
    this.#guard.stdin!.on('error', () => undefined)
    this.#guard.unref()
  }

  get actors (): readonly Actor[] { return [...this.#actors.values()] }
  actor (name: string): Actor { return this.#actors.get(name)! }

  /** Makes a process known; it isn't started. */
  async add (name: string, script: string, own: Readonly<Record<string, string>> = {}, rest: Partial<ActorPlan> = {}): Promise<Actor> {
    const plan = { name, script, environment: { ...this.environment, ...own }, healthPort: await freePort(), ...rest }
    const actor = new Actor(plan, this.folder, ({ pid, startTime }) => this.#guard.stdin!.write(`${pid} ${startTime}\n`))
    this.#actors.set(name, actor)
    return actor
  }

  /** Leaves no process and no file of the stack; the folder is the caller's. */
  async close (): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    await Promise.all(this.actors.map(actor => actor.retire()))
    await this.stack.stop()
    this.#guard.stdin!.end('done\n')
  }

  /** At once, without a wait. */
  closeNow (): void {
    for (const actor of this.actors) actor.signal('SIGKILL')
    this.stack.stopNow()
  }
}
