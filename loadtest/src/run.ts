// One workload, from its file to its result.
//
//   workloads/NAME.yaml ─ core/workload.ts ─> stage/mesh-ground.ts  the mesh, its driver and its agents, each a process
//                                             stage/ground.ts       offers the arrivals, counts what came of them
//                                             stage/audit.ts        what the archive has of it
//                                             stage/floor-ground.ts the same arrivals through Kafka with no rules
//                                          ─> core/result.ts ─> core/table.ts, or JSON
import { Stage } from '@mesh/stage'
import { rmSync } from 'node:fs'
import { faultsOf, type Measured } from './core/measured.ts'
import { type Floor, type FloorMode, floorModes, type LoadtestResult, ratioOf } from './core/result.ts'
import { asRecords, type Workload } from './core/workload.ts'
import { commitText, machineText } from './machine.ts'
import { type Archived, archivedOf } from './stage/audit.ts'
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
  const { name, workload, variant, onProgress } = options
  const loads = (workload.search === undefined ? 1 : searchRunsMax) * (1 + floorModes.length)
  onProgress('the stack and the mesh start')
  const since = new Date()
  const boundMs = loads * (workload.warmupSeconds + workload.seconds) * 1_000 + overheadMsMax
  const stage = await Stage.open({ name: 'loadtest', namespace: 'mesh', taskCount: workload.tasks, boundMs })
  return on(stage, async () => {
    const measured = await ofMesh(stage, options, since)
    const floors: Floor[] = []
    if (options.floors && workload.floors) for (const mode of floorModes) floors.push(await floorOf(stage, mode, options))
    return {
      workload: name, variant, ...measured, floors, ratio: ratioOf(measured, floors), faults: faultsOf(measured, measured.auditCompleteness),
      machine: machineText(), commit: commitText()
    }
  })
}

async function ofMesh (stage: Stage, options: RunOptions, since: Date): Promise<Measured & Archived> {
  const mesh = await startMeshGround(stage, options.workload, options.profileFolder)
  const measured = await measure(mesh, options)
  const archived = await archivedOf(stage, since, options.onProgress, options.signal)
  // The floors have the machine for themselves; and a profile is written by a process that ends by itself.
  await endAll(stage)
  return { ...measured, ...archived }
}

async function floorOf (stage: Stage, mode: FloorMode, options: RunOptions): Promise<Floor> {
  const onProgress = (line: string) => options.onProgress(`floor ${mode}: ${line}`)
  const workload = asRecords(options.workload)
  const ground = await startFloorGround(stage, mode, workload)
  const { deliveredPerS, latencyMs, cpuSeconds } = await measure(ground, { ...options, workload, onProgress })
  await endAll(stage)
  return { clientLibrary: mode === 'task-rounds' ? 'kafkajs 2.2.4 with @mesh/runtime' : 'kafkajs 2.2.4', mode, perS: deliveredPerS, latencyMs, cpuSeconds }
}

async function endAll ({ actors }: Stage): Promise<void> { await Promise.all(actors.map(actor => actor.end())) }

function measure (ground: Ground, { workload, onProgress, signal, trace }: RunOptions): Promise<Measured> {
  const { arrivals: { perS }, warmupSeconds, seconds, search } = workload
  const offered = { workload, perS, warmupSeconds, seconds, onProgress, signal, trace }
  return search === undefined ? offer(ground, offered) : highestRate(ground, search, offered)
}

async function on<T> (stage: Stage, work: () => Promise<T>): Promise<T> {
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
