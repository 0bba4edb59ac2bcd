export { archivedColumns, type ArchivedRow, toArchivedEvent } from './archived-row.ts'
export { isoTime } from './iso-time.ts'
export { type ArchivedEvent, type Anomaly, buildTrace, type Hop, pendingCount, type Reply, type Wait } from './trace-tree.ts'
export { traceAround, type TracedHop, type Relation } from './trace-around.ts'
