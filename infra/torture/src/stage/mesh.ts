// The mesh that is tortured: a stage of its own, the mesh's processes as `npm start` runs them, and the load's.
import { type Actor, type ActorPlan, Stage } from '@mesh/stage'
import type { Stack } from '@mesh/local-stack'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Targets } from '../core/fault-plan.ts'
import { dialsVariable, noDials, turnDials } from '../load/dials.ts'

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

export class TorturedMesh {
  readonly #stage: Stage
  readonly #options: MeshOptions

  /** Everything is there when it resolves; nothing, when it rejects. */
  static async start (options: MeshOptions): Promise<TorturedMesh> {
    const stage = await Stage.open({ name: 'torture', namespace, taskCount, boundMs: options.boundMs, environment: { TORTURE_RUN: String(process.pid) } })
    const mesh = new TorturedMesh(stage, options)
    try {
      await mesh.#bringUp()
      return mesh
    } catch (error) {
      await mesh.stop()
      throw error
    }
  }

  private constructor (stage: Stage, options: MeshOptions) {
    this.#stage = stage
    this.#options = options
  }

  get targets (): Targets {
    const names = this.actors.map(({ name }) => name)
    return { coordinators: names.filter(name => name.startsWith('coordinator-')), services: ['governor', 'archiver', 'registry'], agents: loadProcesses, shifted: callerProcess }
  }

  get stack (): Stack { return this.#stage.stack }
  /** Where the load's processes write down what they do, and logs lie; it outlives the stack. */
  get folder (): string { return this.#stage.folder }
  get registryUrl (): string { return this.#stage.registryUrl }
  get actors (): readonly Actor[] { return this.#stage.actors }
  actor (name: string): Actor { return this.#stage.actor(name) }
  dialsFile (name: string): string { return join(this.folder, `${name}.dials`) }

  async #bringUp (): Promise<void> {
    const { coordinators, coordinatorScript, coordinatorEnvironment, archiverNodeArgs } = this.#options
    const stage = this.#stage
    await stage.add('registry', 'services/registry/src/main.ts')
    await stage.add('archiver', 'services/archiver/src/main.ts', { MESH_ARCHIVER_SESSION_MS: '6000' }, { nodeArgs: archiverNodeArgs })
    await stage.add('governor', 'services/governor/src/main.ts', quickCircuits)
    for (let n = 1; n <= coordinators; n++) {
      await stage.add(`coordinator-${n}`, coordinatorScript, { MESH_COORDINATOR_ID: `coordinator-${n}`, MESH_SESSION_TIMEOUT_MS: String(sessionTimeoutMs), ...coordinatorEnvironment })
    }
    await this.#addLoad()
    const isLoad = ({ name }: Actor) => loadProcesses.includes(name)
    // Not all at once: on a small machine a schema registry that has just started is what they would wait for.
    const isCoordinator = ({ name }: Actor) => name.startsWith('coordinator-')
    await startAll(this.actors.filter(actor => !isLoad(actor) && !isCoordinator(actor)))
    await startAll(this.actors.filter(isCoordinator))
    await startAll(this.actors.filter(isLoad))
  }

  async #addLoad (): Promise<void> {
    for (const name of loadProcesses) {
      turnDials(this.dialsFile(name), noDials)
      const own = {
        TORTURE_NAME: name, TORTURE_HISTORY: this.folder, TORTURE_SEED: String(this.#options.seed), TORTURE_POISONED: name === poisonedProcess ? '1' : '0',
        [dialsVariable]: this.dialsFile(name), MESH_LOG_LEVEL: 'warn'
      }
      const isCaller = name === callerProcess
      const rest: Partial<ActorPlan> = { nodeArgs: isCaller ? ['--import', shiftedClock] : [], isFragile: name === poisonedProcess }
      await this.#stage.add(name, `infra/torture/src/load/${isCaller ? 'caller' : 'agents'}-main.ts`, own, rest)
    }
  }

  /** Leaves no process and no file of the stack; the folder with the history is the caller's. */
  async stop (): Promise<void> { await this.#stage.close() }

  /** At once, without a wait. */
  stopNow (): void { this.#stage.closeNow() }
}

async function startAll (actors: readonly Actor[]): Promise<void> {
  for (const actor of actors) actor.start()
  await Promise.all(actors.map(actor => actor.ready()))
}
