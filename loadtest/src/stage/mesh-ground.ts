// The mesh, as `npm start` runs it, with the processes that load it.
import { askRegistry, type Stage } from '@mesh/stage'
import type { Workload } from '../core/workload.ts'
import type { Ground } from './ground.ts'
import { semiSpaceMb } from './semi-space.ts'
import { LoadProcess } from './load-process.ts'

/** The quota of every agent of the load: it is the mesh that is measured. It is counted all the same. */
const quotaPerS = 1_000_000

export async function startMeshGround (stage: Stage, workload: Workload, profileFolder: string | undefined): Promise<Ground> {
  const nodeArgs = (name: string): string[] => profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${name}.cpuprofile`]
  const profiled = (name: string) => ({ nodeArgs: nodeArgs(name), semiSpaceMb })
  const processes = [
    await stage.add('registry', 'services/registry/src/main.ts', {}, profiled('registry')),
    await stage.add('archiver', 'services/archiver/src/main.ts', {}, profiled('archiver')),
    await stage.add('governor', 'services/governor/src/main.ts', {}, profiled('governor'))
  ]
  for (let n = 1; n <= workload.coordinators; n++) {
    processes.push(await stage.add(`coordinator-${n}`, 'services/coordinator/src/main.ts', { MESH_COORDINATOR_ID: `coordinator-${n}` }, profiled(`coordinator-${n}`)))
  }
  for (const process of processes) process.start()
  await Promise.all(processes.map(process => process.ready()))
  const quota = { ratePerS: quotaPerS, who: 'loadtest', why: 'measures the mesh, not the quota' }
  await askRegistry(`${stage.registryUrl}/quotas/role/orchestrator`, 'PUT', quota)
  const told = [JSON.stringify(workload)]
  const agents = await LoadProcess.start(stage, 'agents', 'load/agents-main.ts', told, nodeArgs('agents'))
  await agents.ready()
  const driver = await LoadProcess.start(stage, 'driver', 'load/driver-main.ts', told, nodeArgs('driver'))
  await driver.ready()
  return { stage, driver, takers: [agents] }
}
