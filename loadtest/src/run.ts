// One workload, from its file to its result.
//
//   workloads/NAME.yaml ─ core/workload.ts ─> stage/mesh-ground.ts  the mesh, its driver and its agents, each a process
//                                             stage/ground.ts       offers the arrivals, counts what came of them
//                                             stage/audit.ts        what the archive has of it
//                                             stage/floor-ground.ts the same arrivals through Kafka with no rules
//                                          ─> core/result.ts ─> core/table.ts, or JSON
import { rmSync } from 'node:fs'
import { faultsOf, type Measured } from './core/measured.ts'
import { type Floor, type FloorMode, floorModes, type LoadtestResult, ratioOf } from './core/result.ts'
import { asRecords, type Workload } from './core/workload.ts'
import { commitText, machineText } from './machine.ts'
import { archivedOf } from './stage/audit.ts'
import { startFloorGround } from './stage/floor-ground.ts'
import { type Ground, offer } from './stage/ground.ts'
import { highestRate } from './stage/highest-rate.ts'
import { startMeshGround } from './stage/mesh-ground.ts'

export interface RunOptions {
  readonly name: string
  readonly workload: Workload
  readonly variant: LoadtestResult['variant']
  readonly floors: boolean
  readonly profileFolder: string | undefined
  /** A file of recorded times, for the workloads that want one. */
  readonly trace: string | undefined
  readonly onProgress: (line: string) => void
  readonly signal: AbortSignal
}

/** Over the time of load: what starting, settling, archiving and ending may take. */
const overheadMsMax = 600_000
const searchRunsMax = 60

export async function runWorkload (options: RunOptions): Promise<LoadtestResult> {
  const { name, workload, variant, onProgress, signal } = options
  const runs = workload.search === undefined ? 1 : searchRunsMax
  const boundMs = runs * (workload.warmupSeconds + workload.seconds) * 1_000 + overheadMsMax
  onProgress('the stack and the mesh start')
  const since = new Date()
  const mesh = await startMeshGround(workload, { boundMs, profileFolder: options.profileFolder })
  const measured = await on(mesh, async () => {
    const result = await measure(mesh, options)
    const archived = await archivedOf(mesh.stage, since, onProgress, signal)
    // A profile is written by a process that ends by itself.
    if (options.profileFolder !== undefined) await Promise.all(mesh.stage.actors.map(actor => actor.end()))
    return { ...result, ...archived }
  })
  const floors: Floor[] = []
  if (options.floors && workload.floors) for (const mode of floorModes) floors.push(await floorOf(mode, options, boundMs))
  return {
    workload: name, variant, ...measured, floors, ratio: ratioOf(measured, floors), faults: faultsOf(measured, measured.auditCompleteness),
    machine: machineText(), commit: commitText()
  }
}

async function floorOf (mode: FloorMode, options: RunOptions, boundMs: number): Promise<Floor> {
  const { onProgress } = options
  const workload = asRecords(options.workload)
  onProgress(`floor ${mode}: starts`)
  const { ground, clientLibrary } = await startFloorGround(mode, workload, boundMs)
  return on(ground, async () => {
    const { deliveredPerS, latencyMs, cpuSeconds } = await measure(ground, { ...options, workload, onProgress: line => onProgress(`floor ${mode}: ${line}`) })
    return { clientLibrary, mode, perS: deliveredPerS, latencyMs, cpuSeconds }
  })
}

function measure (ground: Ground, { workload, onProgress, signal, trace }: RunOptions): Promise<Measured> {
  const { arrivals: { perS }, warmupSeconds, seconds, search } = workload
  const offered = { workload, perS, warmupSeconds, seconds, onProgress, signal, trace }
  return search === undefined ? offer(ground, offered) : highestRate(ground, search, offered)
}

async function on<T> ({ stage }: Ground, work: () => Promise<T>): Promise<T> {
  const closeNow = () => stage.closeNow()
  process.once('exit', closeNow)
  let isFailed = true
  try {
    const result = await work()
    isFailed = false
    return result
  } finally {
    await stage.close()
    process.removeListener('exit', closeNow)
    // Logs of what failed are kept; the error says where.
    if (!isFailed) rmSync(stage.folder, { recursive: true, force: true })
  }
}
