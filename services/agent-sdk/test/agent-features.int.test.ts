import { agentFeatures } from './agent-features.ts'
import { startDoublesGround } from './doubles-ground.ts'

agentFeatures('an agent on real topics, with doubles of registry and coordinator', startDoublesGround)
