// The records that are values of their own on a topic, each registered under its full name. The others live inside these.
// A new record that is written to a topic goes at the end: localCodec numbers its made-up ids in this order.
export const topLevelNames = ['Dispatch', 'SignedDispatch', 'Delivery', 'Notice', 'DeadLetter', 'AuditStory', 'AgentRegistration', 'Deferral', 'Quota', 'Pressure', 'ControlChange', 'Circuit', 'Alert', 'Redrive', 'AgentKey', 'Checkpoint', 'ArchiveQuery'] as const
