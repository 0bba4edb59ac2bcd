import { agentFeatures } from '../test/agent-features.ts'
import { MemoryMesh } from './memory-mesh.ts'

agentFeatures('an agent on the memory mesh', async () => {
  const mesh = new MemoryMesh()
  return {
    start: async agents => { for (const agent of agents) mesh.join(agent) },
    stop: () => mesh.stop()
  }
})
