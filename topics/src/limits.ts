// Every size and time that more than one process must agree on.
//
// L1. Limits rise from ingress to inbox to dead letter, so whatever was accepted can always be passed on, and whatever
//     can't be passed on can always be put aside whole.
const KiB = 1024
const MiB = 1024 * KiB

export const limits = {
  // What the broker takes (max.message.bytes counts the batch).
  dispatchMessageBytesMax: 1 * MiB,
  inboxMessageBytesMax: 1.25 * MiB,
  deadLetterMessageBytesMax: 2 * MiB,
  auditMessageBytesMax: 1 * MiB,
  // A deferred message is a dispatch with its decision.
  deferredMessageBytesMax: 1.25 * MiB,
  controlMessageBytesMax: 1 * MiB,
  // What the mesh takes, below the broker's limit: a refusal with a reason beats a broker error.
  dispatchValueBytesMax: 512 * KiB,
  headerBytesMax: 8 * KiB,
  idCharsMax: 200,
  chainHopsMax: 64,
  ttlMsMax: 24 * 60 * 60 * 1000,
  partitionsMax: 1_000
} as const

export const defaults = {
  taskCount: 4,
  inboxPartitions: 4,
  answersPartitions: 8,
  deadLetterPartitions: 4
} as const

const stalledMsMin = 5_000
const stalledFactor = 3

/** After so long without any movement an agent counts as stalled: for the governor that measures it, and for itself. */
export const stalledAfterMs = (slaP95Ms: number): number => Math.max(stalledMsMin, stalledFactor * slaP95Ms)
