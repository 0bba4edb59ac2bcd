// The pure part, for cores that count.
export { kindOfRow, positionId, type AdmissionRow, type RowKind } from './core/admissions.ts'
export { expectKept, type KeptDay } from './core/kept-day.ts'
export { PartitionLedger, type DecidedSoFar, type PartitionVerdict } from './core/partition-ledger.ts'
export { PositionSet } from './core/position-set.ts'
export { sumOf, type Sum } from './core/sum.ts'
