// Agents on real topics, with the real registry and coordinator as processes.
import { afterAll, beforeAll } from '@jest/globals'
import { startAgents } from '../src/index.ts'
import { agentFeatures } from './agent-features.ts'
import { type MeshGround, startMeshGround } from './mesh-ground.ts'
import { scalingFeatures } from './scaling-features.ts'

let mesh: MeshGround
beforeAll(async () => { mesh = await startMeshGround() }, 60_000)
afterAll(() => mesh.stop(), 30_000)

agentFeatures('an agent on the mesh', agents => startAgents(agents, mesh.options))
scalingFeatures('instances come and go', () => mesh)
