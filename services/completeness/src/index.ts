export * from './counting.ts'
export { dayOf, gapsKeptMax, isSettled, takePositions, type DayKey, type DayPositions, type PositionGap } from './day-positions.ts'
export { digestOf, digestOfRuns } from './day-digest.ts'
export { readIngress, skewMs, type IngressRecord, type IngressScan, type IngressStretch } from './ingress-scan.ts'
