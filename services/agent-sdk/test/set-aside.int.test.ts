// Deliveries that end their process, on real topics with a process that really ends.
import { afterAll, beforeAll } from '@jest/globals'
import { type MeshGround, startMeshGround } from './mesh-ground.ts'
import { poisonFeatures } from './poison-features.ts'

let mesh: MeshGround | undefined
beforeAll(async () => { mesh = await startMeshGround() }, 60_000)
afterAll(() => mesh?.stop(), 30_000)

poisonFeatures('what ends its process again and again', () => mesh!)
