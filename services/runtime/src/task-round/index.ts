export type { InputRecord, KeyedRecord, LowWater, OutputRecord, Produced, RestoredRecord, RoundPlan, TaskLogic } from './task-logic.ts'
