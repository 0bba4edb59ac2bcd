import { startDoublesGround } from './doubles-ground.ts'
import { scalingFeatures } from './scaling-features.ts'

scalingFeatures('instances come and go, with doubles of registry and coordinator', startDoublesGround)
