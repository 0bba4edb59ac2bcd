export type {
  AgentRegistration, AgentStatus, AuditDecision, AuditEvent, AuditStory, Capability, ChainHop, ClassPressure, ControlChange, DeadLetter, Decision, Deferral,
  Delivery, Dispatch, DispatchType, ErrorDetail, Notice, NoticeType, Position, Pressure, Quota, QuotaUse, Records, SignedDispatch, SlowDown, Usage
} from './generated/records.ts'
export { CodecError, type CodecErrorCode } from './codec-error.ts'
export { connectCodec, type ConnectOptions } from './connection.ts'
export { localCodec } from './local-codec.ts'
export { reasonCodes, type ReasonCode } from './reason-codes.ts'
export { SchemaRegistryError, type SchemaRegistryErrorCode } from './registry-error.ts'
export { topLevelNames as schemaNames } from './top-level-names.ts'
export type { Codec, SchemaName } from './wire-codec.ts'
