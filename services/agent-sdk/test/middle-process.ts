// An instance of the agent in the scaling tests as a process of its own, so that it can be killed.
import { middleOf } from './cast.ts'

const suffix = process.argv[2]!
const middle = middleOf(suffix, { handlerMs: () => 1_500, onRun: () => {} })
await middle.start({ healthPort: Number(process.env.MESH_HEALTH_PORT) })
process.once('SIGTERM', () => void middle.stop())
