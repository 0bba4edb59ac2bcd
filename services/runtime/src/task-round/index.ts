export { type Faults, type RoundMetrics, runnerDefaults, type TaskRunnerOptions } from './options.ts'
export { type RunnerState, startTaskRunner, type TaskRunner } from './runner.ts'
export type { InputRecord, KeyedRecord, LowWater, OutputRecord, Produced, RestoredRecord, RoundPlan, TaskLogic } from './task-logic.ts'
export type { TaskStatus } from './task.ts'
