// The bounds and patterns of a registration's fields; the request's schema is made from them.
//
// F1. Bounds keep the largest record well below the registry topic's message limit and every list short enough to scan.

import { checkAgentName, defaults, limits } from '@mesh/topics'

export const bounds = {
  requestBytesMax: 512 * 1024,
  registrationsMax: 10_000,
  quotasMax: 10_000,
  keysMax: 100_000,
  holdsMax: 1_000,
  overlapMsMax: 90 * 24 * 60 * 60 * 1000,
  // Slower, or more at once, and times of slots would no longer be exact whole microseconds.
  ratePerSMin: 0.001,
  ratePerSMax: 1_000_000,
  burstMax: 1_000_000,
  outstandingRecordsMax: 1_000_000,
  capabilitiesMax: 100,
  dependenciesMax: 200,
  allowedMax: 200,
  regionsMax: 50,
  maxConcurrentMax: 10_000,
  durationMsMax: 24 * 60 * 60 * 1000,
  costMicrosMax: 1_000_000_000_000,
  partitionsMax: 64,
  inboxPartitionsDefault: defaults.inboxPartitions,
  answersPartitionsDefault: defaults.answersPartitions,
  attemptsMax: 10,
  backoffMsMax: 60 * 60 * 1000,
  backoffMsDefault: 100,
  backoffMsMaxDefault: 10_000,
  retryCodesMax: 50,
  // It travels to a waiting instance in a notice, and lies in every coordinator's memory.
  replyPayloadBytesMax: 32 * 1024,
  chainDepthMax: limits.chainHopsMax,
  chainVisitsMax: limits.chainHopsMax,
  workflowHopsMax: 1_000_000,
  settledDeadLettersMax: 100_000,
  deadLetterPartitionMax: limits.partitionsMax,
  problemsMax: 50
} as const

export const roles = ['bot', 'orchestrator', 'analytics', 'crm_sync'] as const
export type Role = typeof roles[number]

export interface TextRule { readonly pattern: RegExp, readonly says: string }

export const textRules = {
  version: {
    pattern: /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(-[0-9A-Za-z-]{1,20}(\.[0-9A-Za-z-]{1,20}){0,4})?(\+[0-9A-Za-z.-]{1,40})?$/,
    says: 'must be a semantic version such as 1.0.0'
  },
  word: { pattern: /^[a-z][a-z0-9_-]{0,62}$/, says: 'must be 1 to 63 of a-z, 0-9, - and _, beginning with a letter' },
  capability: { pattern: /^[a-z][a-z0-9_.-]{0,99}$/, says: 'must be 1 to 100 of a-z, 0-9, _, . and -, beginning with a letter' },
  text: { pattern: /^[^\u0000-\u001f\u007f]{1,200}$/, says: 'must be 1 to 200 characters without control characters' },
  errorCode: { pattern: /^[A-Z][A-Z0-9_]{0,63}$/, says: 'must be 1 to 64 of A-Z, 0-9 and _, beginning with a letter' },
  mediaType: { pattern: /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}(; ?[a-z0-9-]{1,32}=[a-zA-Z0-9_.-]{1,64})?$/, says: 'must be a media type such as application/json' },
  reason: { pattern: /^[^\u0000-\u001f\u007f]{1,1000}$/, says: 'must be 1 to 1,000 characters without control characters' }
} as const satisfies Record<string, TextRule>

export function agentNameProblem (name: string): string | undefined {
  return checkAgentName(name)
}

/** The first entry that occurs twice, or undefined. */
export function firstRepeated (items: readonly string[]): string | undefined {
  const seen = new Set<string>()
  return items.find(item => seen.has(item) || !seen.add(item))
}
