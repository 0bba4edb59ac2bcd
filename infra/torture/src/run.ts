// One run of the torture test: a mesh of its own, load and faults for some minutes, rest, judgement.
//
//   seed ─┬─ core/workload.ts ──> load/plain-source.ts, load/caller-main.ts ──> the mesh ──> topics, archive ─┐
//         └─ core/fault-plan.ts ─> stage/faults.ts ─────────────────────────────────┘                         │ reader/
//   load/history-file.ts: what was intended, handled, answered ──────────────────────────────> history <──────┘
//                                                          core/check.ts ──> anomalies ──> core/shrink.ts
import { setMaxListeners } from 'node:events'
import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Anomaly } from './core/anomaly.ts'
import { check } from './core/check.ts'
import { type Fault, planFaults } from './core/fault-plan.ts'
import type { Entry } from './core/history.ts'
import { shrink } from './core/shrink.ts'
import { sources } from './core/workload.ts'
import { Collector } from './collector.ts'
import { writeGarbage } from './load/garbage.ts'
import { HistoryFile, notedIn } from './load/history-file.ts'
import { PlainSource } from './load/plain-source.ts'
import { WireFormat } from './reader/avro.ts'
import { MeshEntries } from './reader/mesh-entries.ts'
import { registerSources } from './registering.ts'
import { keepFailing, type Summary, summaryOf } from './report.ts'
import { isSettled, settle, type Unsettled } from './settling.ts'
import { Faults } from './stage/faults.ts'
import { namespace, taskCount, TorturedMesh } from './stage/mesh.ts'

export interface RunOptions {
  readonly minutes: number
  readonly seed: number
  readonly coordinators: number
  /** In place of the plan that the seed gives. */
  readonly plan?: readonly Fault[]
  /** Where a test plants a bug. */
  readonly coordinatorScript?: string
  readonly coordinatorEnvironment?: Readonly<Record<string, string>>
  readonly archiverNodeArgs?: readonly string[]
  /** How long it may take to come to rest; a planted bug may keep it from that for ever. */
  readonly settleMsMax?: number
  readonly say: (line: string) => void
  /** What is going on, often; the last one counts. */
  readonly progress: (line: string) => void
  readonly onPlan?: (plan: readonly Fault[]) => void
  readonly signal?: AbortSignal
}

export interface Finding { readonly anomaly: Anomaly, readonly smallest: readonly Entry[] }

export interface RunResult {
  readonly seed: number
  readonly anomalies: readonly Anomaly[]
  readonly findings: readonly Finding[]
  readonly summary: Summary
  /** Where logs and history are kept, when something broke. */
  readonly folder: string | undefined
}

/** Over the minutes of load; of it, what coming up, coming to rest and judging may take at most. */
export const overheadMsMax = 170_000
const judgingMs = 30_000
const readMs = 700
const sampleEvery = 4
const findingsShownMax = 5
const coordinatorScript = 'services/coordinator/src/main.ts'

export async function runTorture (options: RunOptions): Promise<RunResult> {
  const startedMs = Date.now()
  const boundMs = options.minutes * 60_000 + overheadMsMax
  options.progress('the stack and the mesh start')
  const mesh = await TorturedMesh.start({
    seed: options.seed, coordinators: options.coordinators, coordinatorScript: options.coordinatorScript ?? coordinatorScript,
    coordinatorEnvironment: options.coordinatorEnvironment ?? {}, archiverNodeArgs: options.archiverNodeArgs ?? [], boundMs
  })
  const stopNow = () => mesh.stopNow()
  process.once('exit', stopNow)
  let isKept = true
  try {
    const result = await new Run(mesh, options, startedMs + boundMs).go()
    isKept = result.folder !== undefined
    return result
  } finally {
    await mesh.stop()
    process.removeListener('exit', stopNow)
    if (!isKept || options.signal?.aborted === true) rmSync(mesh.folder, { recursive: true, force: true })
  }
}

class Run {
  readonly #mesh: TorturedMesh
  readonly #options: RunOptions
  readonly #boundAtMs: number
  readonly #wire: WireFormat
  readonly #collector: Collector
  readonly #history: HistoryFile
  readonly #brokers: readonly string[]

  constructor (mesh: TorturedMesh, options: RunOptions, boundAtMs: number) {
    this.#mesh = mesh
    this.#options = options
    this.#boundAtMs = boundAtMs
    const { kafkaBrokers, schemaRegistryUrl, databaseUrl } = mesh.stack.addresses
    this.#brokers = kafkaBrokers
    this.#wire = new WireFormat(schemaRegistryUrl)
    this.#collector = new Collector(kafkaBrokers[0]!, databaseUrl, new MeshEntries(this.#wire, namespace))
    this.#history = new HistoryFile(mesh.folder, 'sources')
  }

  async go (): Promise<RunResult> {
    const { seed, minutes, coordinators, say, onPlan } = this.#options
    await this.#wire.learn()
    await registerSources(this.#mesh.registryUrl, seed)
    const runMs = minutes * 60_000
    const plan = this.#options.plan ?? planFaults(seed, runMs, this.#mesh.targets)
    onPlan?.(plan)
    say(`load for ${minutes} min, seed ${seed}, ${coordinators} coordinators, ${plan.length} faults`)
    const loadFromMs = Date.now() + 500
    const faults = this.#faults(loadFromMs, loadFromMs + runMs)
    await this.#load(faults, plan, loadFromMs, loadFromMs + runMs)
    await faults.heal()
    const unsettled = await this.#rest()
    return this.#judge(faults, unsettled, Date.now() - loadFromMs)
  }

  #faults (loadFromMs: number, loadUntilMs: number): Faults {
    const { seed, progress } = this.#options
    const garbage = { brokers: this.#brokers, namespace, taskCount, wire: this.#wire }
    return new Faults({
      mesh: this.#mesh, loadDials: { loadFromMs, loadUntilMs }, note: progress,
      writeGarbage: (count, name) => writeGarbage(count, `${seed} ${name}`, garbage)
    })
  }

  async #load (faults: Faults, plan: readonly Fault[], loadFromMs: number, loadUntilMs: number): Promise<void> {
    const { seed, signal: given, progress } = this.#options
    const signal = given ?? new AbortController().signal
    // Each fault and each source listens.
    setMaxListeners(0, signal)
    for (const name of this.#mesh.targets.agents) faults.turn(name, {})
    const common = { seed, brokers: this.#brokers, namespace, taskCount, wire: this.#wire, history: this.#history }
    const plainSources = [sources.plain, sources.flooder].map(plan => new PlainSource({ ...common, plan }))
    let isOver = false
    const following = (async () => {
      for (let reads = 0; !isOver; reads++) {
        await this.#collector.readOn()
        if (reads % sampleEvery === 0) await this.#collector.sampleArchive()
        progress(this.#line(loadFromMs, faults))
        await pause(readMs)
      }
    })()
    const running = Promise.all([...plainSources.map(source => source.run(loadFromMs, loadUntilMs, signal)), faults.run(plan, loadFromMs, signal)])
    // A source may hang on a broker that does not come back: the bound is kept all the same.
    await Promise.race([running, pause(loadUntilMs - Date.now() + 30_000, undefined, { ref: false })])
    isOver = true
    await following
    if (signal.aborted) throw new Error('interrupted')
  }

  #line (loadFromMs: number, { done }: Faults): string {
    const { counts, outcomes } = this.#collector
    const { pending, deferred, unadmitted } = this.#collector.unsettled
    const ends = Object.entries(outcomes).map(([name, count]) => `${count} ${name}`).join(', ')
    const hits = Object.entries(done).map(([name, count]) => `${count} ${name}`).join(', ')
    return `${Math.round((Date.now() - loadFromMs) / 1_000)} s: ${counts.ingress} records, ${unadmitted} undecided, ${pending} pending, ${deferred} deferred; ${ends}; ${hits}`
  }

  /**
   * Comes to rest, then lets the agents end, which may still say something, and the coordinators after them, so that a
   * transaction that is still open then is nobody's.
   */
  async #rest (): Promise<Unsettled> {
    const { progress, settleMsMax = Infinity } = this.#options
    const untilMs = Math.min(this.#boundAtMs - judgingMs, Date.now() + settleMsMax)
    const onLook = (left: Unsettled) => progress(`coming to rest: ${Object.entries(left).map(([name, count]) => `${count} ${name}`).join(', ')}`)
    const { agents, coordinators } = this.#mesh.targets
    let left = await settle(this.#collector, this.#mesh.folder, untilMs, onLook)
    for (const group of [agents, coordinators]) {
      await Promise.all(group.map(name => this.#mesh.actor(name).end()))
      if (isSettled(left)) left = await settle(this.#collector, this.#mesh.folder, untilMs, onLook)
    }
    return left
  }

  async #judge (faults: Faults, unsettled: Unsettled, tookMs: number): Promise<RunResult> {
    const { seed, progress } = this.#options
    progress('judging')
    await this.#collector.readOn()
    const history = [...await this.#collector.history(), ...notedIn(this.#mesh.folder)]
    this.#collector.close()
    this.#history.close()
    const anomalies = check(history)
    const findings = distinct(anomalies).slice(0, findingsShownMax).map(anomaly => ({ anomaly, smallest: shrink(history, anomaly) }))
    const summary = summaryOf({ history, collector: this.#collector, faults, actors: this.#mesh.actors, unsettled, tookMs })
    if (anomalies.length > 0) keepFailing(this.#mesh.folder, history, anomalies)
    return { seed, anomalies, findings, summary, folder: anomalies.length > 0 ? this.#mesh.folder : undefined }
  }
}

/** One of each rule and kind first: ten thousand lost records are one bug. */
function distinct (anomalies: readonly Anomaly[]): Anomaly[] {
  const first = new Map(anomalies.map(anomaly => [`${anomaly.rule} ${anomaly.kind}`, anomaly]).reverse() as [string, Anomaly][])
  return anomalies.filter(anomaly => first.get(`${anomaly.rule} ${anomaly.kind}`) === anomaly)
}
