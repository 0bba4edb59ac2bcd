export { Actor, type ActorPlan } from './actor.ts'
export { progressLine, type ProgressLine } from './progress-line.ts'
export { askRegistry } from './registry-request.ts'
export { Stage, type StageOptions } from './stage.ts'
