// The process of the load's sources.
import { startAgents } from '@mesh/agent-sdk'
import type { Workload } from '../core/workload.ts'
import { Driver } from './driver.ts'
import { sourceAgents, sourcesOf } from './load-agents.ts'
import { noCounts, serveOrders } from './orders.ts'
import { timetableOf } from './timetable.ts'

const workload = JSON.parse(process.argv[2]!) as Workload
const agents = sourceAgents(workload)
let driver: Driver | undefined
for (const agent of agents) agent.onRefused(({ code }) => driver?.refused(code))
await startAgents(agents)

serveOrders({
  begin (order) {
    driver = new Driver(sourcesOf(agents), order, timetableOf(order))
    void driver.send()
  },
  count: () => driver?.counts ?? noCounts,
  report: () => driver!.report(),
  stop: () => Promise.all(agents.map(agent => agent.stop()))
})
