// The process between input and inbox: it stands where the coordinator stands.
import type { FloorMode } from '../core/result.ts'
import { serveOrders } from '../load/orders.ts'
import type { FloorPlan } from './passing.ts'

const [, , mode, plan] = process.argv as unknown as [string, string, FloorMode, string]
const stop = await start(JSON.parse(plan) as FloorPlan)

serveOrders({ stop })

/** The mesh's runtime changes kafkajs as it loads, so the floors of plain kafkajs must not load it. */
async function start (plan: FloorPlan): Promise<() => Promise<void>> {
  if (mode === 'task-rounds') return (await import('./task-rounds.ts')).startTaskRounds(plan)
  const { startAtLeastOnce, startPerPartition } = await import('./plain-kafkajs.ts')
  return mode === 'per-partition' ? startPerPartition(plan) : startAtLeastOnce(plan)
}
