// Every problem the registry answers with: the closed list.
//
// C1. A code never changes its meaning; a new meaning is a new code.
// C2. Each says whether the same request may succeed later, and what the sender should do.

export const registryCodes = {
  INVALID_REQUEST: { retriable: false, doc: 'Fields are missing, unknown or out of their range.', next: 'Correct the fields that the problems name.' },
  BODY_TOO_LARGE: { retriable: false, doc: 'The body is larger than the registry accepts.', next: 'Make the JSON schemas smaller.' },
  NOT_JSON: { retriable: false, doc: 'The body is not JSON, or is not sent as application/json.', next: 'Send a JSON object as application/json.' },
  OWNER_CHANGED: { retriable: false, doc: 'The name belongs to another team.', next: 'Choose another name, or register as the owner team.' },
  CONTRACT_CHANGED: { retriable: false, doc: 'This name and version is registered with other capabilities or another contract.', next: 'Raise the version.' },
  CONTRACT_CONFLICT: { retriable: false, doc: 'Another agent offers the capability under a different contract.', next: 'Use its contract, or another capability name.' },
  SELF_DEPENDENCY: { retriable: false, doc: 'The agent depends on, or falls back to, a capability that it offers itself.', next: 'Remove it from the dependencies or the fallback.' },
  PARTITIONS_CHANGED: { retriable: false, doc: 'The partition counts of a known agent are fixed, since keys would move.', next: 'Leave the counts out, or send the registered ones.' },
  REGISTRY_FULL: { retriable: false, doc: 'The registry holds as many registrations, or quotas, as it may.', next: 'Ask the operators to remove old versions; take away quotas that nobody needs.' },
  QUARANTINED: { retriable: false, doc: 'The agent is quarantined, which neither a pause nor a drain may end.', next: 'Make it active first, if that is meant.' },
  DEAD_LETTER_SETTLED: { retriable: false, doc: 'The dead letter was sent again or discarded before.', next: 'Say `again` to send it again all the same.' },
  DEAD_LETTER_UNREADABLE: { retriable: false, doc: 'The dead letter holds no dispatch that can be read, so there is nothing to send again.', next: 'Have its source send it anew, then discard it.' },
  KEY_NOT_POSSESSED: { retriable: false, doc: 'It is not shown that the private half of the key is held.', next: 'Sign the possession with the key that is sent, for this agent.' },
  KEY_NOT_REGISTERED: { retriable: false, doc: 'The agent signs with other keys, or the key belongs to another agent.', next: 'Use a registered key, or `mesh keys rotate AGENT`.' },
  KEY_REVOKED: { retriable: false, doc: 'The key was revoked.', next: '`mesh keys rotate AGENT`.' },
  KEY_EXPIRED: { retriable: false, doc: 'The key has expired.', next: '`mesh keys rotate AGENT`.' },
  NOT_FOUND: { retriable: true, doc: 'There is no such agent, version, dead letter or page.', next: 'Check the name; register the agent first.' },
  BUSY: { retriable: true, doc: 'Too many registrations and changes wait to be decided.', next: 'Try again after the seconds in Retry-After.' },
  UNAVAILABLE: { retriable: true, doc: 'The broker does not answer, or the registry is not up to date with it.', next: 'Try again after the seconds in Retry-After.' },
  INTERNAL: { retriable: false, doc: 'The registry failed; the reason is in its log.', next: 'Tell the operators.' }
} as const satisfies Record<string, { readonly retriable: boolean, readonly doc: string, readonly next: string }>

export type RegistryCode = keyof typeof registryCodes

/** One thing that is wrong with a request; a refusal names all of them. */
export interface Problem {
  readonly code: RegistryCode
  /** Path of the field in the request, such as `capabilities.0.name`; empty for the whole. */
  readonly field: string
  readonly message: string
}
