export { Actor, type ActorPlan } from './actor.ts'
export { Stage, type StageOptions } from './stage.ts'
