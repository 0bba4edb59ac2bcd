export type {
  AgentHealth, AgentKey, AgentRegistration, AgentStatus, Alert, ArchiveQuery, AuditDecision, AuditEvent, AuditStory, Capability, ChainHop,
  ChainLimits, Checkpoint, Circuit, CircuitDay, CircuitState, CircuitUse, ClassPressure, ControlChange, DeadLetter, Decision, Deferral, Delivery,
  Dispatch, DispatchType, ErrorDetail, Fallback, FallbackKind, FallbackReply, Notice, NoticeType, Position, Pressure, Quota, QuotaUse, Records,
  Redrive, RetryPolicy, SignedDispatch, SlowDown, Usage
} from './generated/records.ts'
export { CodecError, type CodecErrorCode } from './codec-error.ts'
export { connectCodec, type ConnectOptions } from './connection.ts'
export { schemaFingerprint } from './fingerprint.ts'
export { localCodec } from './local-codec.ts'
export { reasonCodes, type ReasonCode } from './reason-codes.ts'
export { isProven, redriveProof } from './redrive-proof.ts'
export { SchemaRegistryError, type SchemaRegistryErrorCode } from './registry-error.ts'
export { topLevelNames as schemaNames } from './top-level-names.ts'
export type { Selected, Selection } from './selection.ts'
export type { Codec, SchemaName } from './wire-codec.ts'
