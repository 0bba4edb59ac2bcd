// The process of the load's sources.
import { startAgents } from '@mesh/agent-sdk'
import type { Workload } from '../core/workload.ts'
import type { Driver } from './driver.ts'
import { sourceAgents, sourcesOf } from './load-agents.ts'
import { serveDriver } from './serving.ts'

const workload = JSON.parse(process.argv[2]!) as Workload
const agents = sourceAgents(workload)
let driver: Driver | undefined
for (const agent of agents) agent.onRefused(({ code }) => driver?.refused(code))
await startAgents(agents)

serveDriver(sourcesOf(agents), () => Promise.all(agents.map(agent => agent.stop())), begun => { driver = begun })
