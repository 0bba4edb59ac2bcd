// A process with one instance of each agent of the load, or with the poisoned one alone.
import { startAgents } from '@mesh/agent-sdk'
import { loadAgents, poisonedAgents } from './agents.ts'
import { dialsVariable } from './dials.ts'
import { HistoryFile } from './history-file.ts'

const history = new HistoryFile(process.env.TORTURE_HISTORY!, process.env.TORTURE_NAME!)
const tools = { history, dialsFile: process.env[dialsVariable] }
const agents = process.env.TORTURE_POISONED === '1' ? poisonedAgents(tools) : loadAgents(tools)
process.once('SIGTERM', () => { void Promise.all(agents.map(agent => agent.stop())).then(() => process.exit(0)) })
await startAgents(agents, { healthPort: Number(process.env.MESH_HEALTH_PORT), waitMs: 60_000 })
