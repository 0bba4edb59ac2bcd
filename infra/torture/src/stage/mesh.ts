// The mesh that is tortured: a stack of its own on free ports, the mesh's processes as `npm start` runs them, and the load's.
import { freePort, repositoryRoot, silentProgress, type Stack, stackEnvironment, startStack } from '@mesh/local-stack'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Targets } from '../core/fault-plan.ts'
import { dialsVariable, noDials, turnDials } from '../load/dials.ts'
import { Actor, type ActorPlan } from './actor.ts'

export interface MeshOptions {
  readonly seed: number
  readonly coordinators: number
  /** Below the repository; another one only where a test plants a bug. */
  readonly coordinatorScript: string
  readonly coordinatorEnvironment: Readonly<Record<string, string>>
  readonly archiverNodeArgs: readonly string[]
  /** Until the guard ends the run, whatever it does. */
  readonly boundMs: number
}

export const taskCount = 4
export const namespace = 'mesh'
const sessionTimeoutMs = 3_000
/** So that circuits open, are probed and close in a run of half a minute. */
const quickCircuits = { MESH_CIRCUIT_CHECK_MS: '1500', MESH_CIRCUIT_WINDOW_MS: '6000', MESH_CIRCUIT_CALLS_MIN: '20' }
const agentProcesses = ['agents-1', 'agents-2'] as const
const poisonedProcess = 'poisoned'
const callerProcess = 'caller'
const loadProcesses: readonly string[] = [...agentProcesses, poisonedProcess, callerProcess]
const shiftedClock = fileURLToPath(new URL('../load/shifted-clock.ts', import.meta.url))
const guardScript = fileURLToPath(new URL('guard.ts', import.meta.url))

export class TorturedMesh {
  readonly stack: Stack
  /** Where the load's processes write down what they do, and logs lie; it outlives the stack. */
  readonly folder: string
  readonly registryUrl: string
  readonly #actors = new Map<string, Actor>()
  readonly #guard: ChildProcess
  readonly #options: MeshOptions
  #isStopping = false

  /** Everything is there when it resolves; nothing, when it rejects. */
  static async start (options: MeshOptions): Promise<TorturedMesh> {
    // Named as the stacks of test runs are, so that the next one removes what a killed run leaves.
    const name = `test-${process.pid}-torture`
    const environment = { ...process.env }
    for (const address of ['DATABASE_URL', 'REDIS_URL', 'MESH_KAFKA_BROKERS', 'MESH_SCHEMA_REGISTRY_URL', 'MESH_NAMESPACE']) delete environment[address]
    const stack = await startStack({ name, progress: silentProgress, keepData: false, environment })
    const mesh = new TorturedMesh(stack, options, await freePort())
    try {
      await mesh.#bringUp()
      return mesh
    } catch (error) {
      await mesh.stop()
      throw error
    }
  }

  private constructor (stack: Stack, options: MeshOptions, registryPort: number) {
    this.stack = stack
    this.folder = join(dirname(stack.folder), `torture-${process.pid}`)
    this.#options = options
    this.registryUrl = `http://127.0.0.1:${registryPort}`
    this.#guard = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', guardScript, String(options.boundMs), String(process.pid), stack.folder], { stdio: ['pipe', 'ignore', 'inherit'], detached: true })
    this.#guard.stdin!.on('error', () => undefined)
    this.#guard.unref()
  }

  get targets (): Targets {
    const names = [...this.#actors.keys()]
    return { coordinators: names.filter(name => name.startsWith('coordinator-')), services: ['governor', 'archiver', 'registry'], agents: loadProcesses, shifted: callerProcess }
  }

  get actors (): readonly Actor[] { return [...this.#actors.values()] }
  actor (name: string): Actor { return this.#actors.get(name)! }
  dialsFile (name: string): string { return join(this.folder, `${name}.dials`) }

  async #bringUp (): Promise<void> {
    const { coordinators, coordinatorScript, coordinatorEnvironment, archiverNodeArgs } = this.#options
    const { folder } = this
    mkdirSync(folder, { recursive: true })
    const common = { ...stackEnvironment(this.stack.addresses), MESH_REGISTRY_URL: this.registryUrl, MESH_NAMESPACE: namespace, MESH_KEYS_FOLDER: join(folder, 'keys'), MESH_LOG_LEVEL: 'info', MESH_TASKS: String(taskCount), TORTURE_RUN: String(process.pid) }
    await promisify(execFile)(process.execPath, ['topics/scripts/apply.ts'], { cwd: repositoryRoot, env: { ...process.env, ...common } })
    const add = async (name: string, script: string, own: Record<string, string> = {}, rest: Partial<ActorPlan> = {}) => {
      const plan = { name, script, environment: { ...common, ...own }, healthPort: await freePort(), ...rest }
      this.#actors.set(name, new Actor(plan, folder, ({ pid, startTime }) => this.#guard.stdin!.write(`${pid} ${startTime}\n`)))
    }
    await add('registry', 'services/registry/src/main.ts', { MESH_REGISTRY_PORT: new URL(this.registryUrl).port })
    await add('archiver', 'services/archiver/src/main.ts', { MESH_ARCHIVER_SESSION_MS: '6000', MESH_CHECKPOINTS_FOLDER: join(folder, 'checkpoints'), MESH_CHECKPOINT_KEY_FILE: join(folder, 'checkpoint-key.pem') }, { nodeArgs: archiverNodeArgs })
    await add('governor', 'services/governor/src/main.ts', quickCircuits)
    for (let n = 1; n <= coordinators; n++) {
      await add(`coordinator-${n}`, coordinatorScript, { MESH_COORDINATOR_ID: `coordinator-${n}`, MESH_SESSION_TIMEOUT_MS: String(sessionTimeoutMs), ...coordinatorEnvironment })
    }
    await this.#addLoad(add)
    const isLoad = ({ name }: Actor) => loadProcesses.includes(name)
    // Not all at once: on a small machine a schema registry that has just started is what they would wait for.
    const isCoordinator = ({ name }: Actor) => name.startsWith('coordinator-')
    await startAll(this.actors.filter(actor => !isLoad(actor) && !isCoordinator(actor)))
    await startAll(this.actors.filter(isCoordinator))
    await startAll(this.actors.filter(isLoad))
  }

  async #addLoad (add: (name: string, script: string, own: Record<string, string>, rest: Partial<ActorPlan>) => Promise<void>): Promise<void> {
    for (const name of loadProcesses) {
      turnDials(this.dialsFile(name), noDials)
      const own = {
        TORTURE_NAME: name, TORTURE_HISTORY: this.folder, TORTURE_SEED: String(this.#options.seed), TORTURE_POISONED: name === poisonedProcess ? '1' : '0',
        [dialsVariable]: this.dialsFile(name), MESH_LOG_LEVEL: 'warn'
      }
      const isCaller = name === callerProcess
      await add(name, `infra/torture/src/load/${isCaller ? 'caller' : 'agents'}-main.ts`, own, {
        nodeArgs: isCaller ? ['--import', shiftedClock] : [], isFragile: name === poisonedProcess
      })
    }
  }

  /** Leaves no process and no file of the stack; the folder with the history is the caller's. */
  async stop (): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    await Promise.all(this.actors.map(actor => actor.retire()))
    await this.stack.stop()
    this.#guard.stdin!.end('done\n')
  }

  /** At once, without a wait. */
  stopNow (): void {
    for (const actor of this.actors) actor.signal('SIGKILL')
    this.stack.stopNow()
  }
}

async function startAll (actors: readonly Actor[]): Promise<void> {
  for (const actor of actors) actor.start()
  await Promise.all(actors.map(actor => actor.ready()))
}
