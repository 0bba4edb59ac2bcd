import { agentFeatures } from '../test/agent-features.ts'
import { MemoryMesh } from './memory-mesh.ts'

agentFeatures('an agent on the memory mesh', async agents => {
  const mesh = new MemoryMesh()
  for (const agent of agents) mesh.join(agent)
})
