// Failing agents on real topics, with the real registry and coordinator as processes.
import { afterAll, beforeAll } from '@jest/globals'
import { failingFeatures } from './failing-features.ts'
import { healthFeatures } from './health-features.ts'
import { type MeshGround, startMeshGround } from './mesh-ground.ts'

let mesh: MeshGround | undefined
beforeAll(async () => { mesh = await startMeshGround() }, 60_000)
afterAll(() => mesh?.stop(), 30_000)

failingFeatures('agents that fail', () => mesh!)
healthFeatures('an agent\'s health endpoint', () => mesh!)
