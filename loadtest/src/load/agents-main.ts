// The process of the load's targets.
import { type Agent, startAgents } from '@mesh/agent-sdk'
import type { Workload } from '../core/workload.ts'
import { targetAgents } from './load-agents.ts'
import { startPlainReader } from './plain-reader.ts'
import { serveTaker } from './serving.ts'
import { Taken } from './taken.ts'

const workload = JSON.parse(process.argv[2]!) as Workload
const taken = new Taken()
const stop = workload.agents.reader === 'plain' ? await startPlainReader(workload, taken) : await startTargets()

serveTaker(taken, stop)

async function startTargets (): Promise<() => Promise<unknown>> {
  const agents: Agent[] = targetAgents(workload, taken)
  await startAgents(agents)
  return () => Promise.all(agents.map(agent => agent.stop()))
}
