export { type TaskRoundErrorCode, taskRoundErrorCodes } from './failures.ts'
export { type Faults, type RoundMetrics, runnerDefaults, type RunnerLogger, type TaskRunnerOptions, type TaskStatus } from './options.ts'
export { type RunnerState, startTaskRunner, type TaskReport, type TaskRunner } from './runner.ts'
export type { InputRecord, KeyedRecord, LowWater, OutputRecord, Produced, RestoredRecord, RoundPlan, TaskLogic } from './task-logic.ts'
