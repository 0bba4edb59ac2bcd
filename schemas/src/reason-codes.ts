// Every reason a dispatch can be refused, repeated, late or failed by the mesh: the closed list.
//
// R1. A code never changes its meaning; a new meaning is a new code.
// R2. Each says whether sending again may help and what the sender should do; the README's table is made from here.

export const reasonCodes = {
  NULL_KEY: { retriable: false, doc: 'The record has no key.', next: 'Write the workflow id as the key.' },
  NULL_VALUE: { retriable: false, doc: 'The record has no value.', next: 'Write a SignedDispatch.' },
  GARBAGE: { retriable: false, doc: 'The bytes are not a message in Confluent wire format, or do not fit their schema.', next: 'Encode with the registered schema.' },
  UNKNOWN_SCHEMA_ID: { retriable: false, doc: 'The schema id is not one of the mesh.', next: 'Register through `npm run topics:apply` and encode with the id it gave.' },
  WRONG_RECORD: { retriable: false, doc: 'The schema id is valid but belongs to another record.', next: 'Write a SignedDispatch that holds a Dispatch.' },
  VALUE_TOO_LARGE: { retriable: false, doc: 'The value is larger than the mesh accepts.', next: 'Send a reference instead of the content.' },
  HEADERS_TOO_LARGE: { retriable: false, doc: 'The headers are larger than the mesh accepts.', next: 'Send only traceparent and tracestate.' },
  INVALID_FIELD: { retriable: false, doc: 'A field is empty, too long or out of its range.', next: 'Correct the field that the message names.' },
  PRIORITY_MISMATCH: { retriable: false, doc: 'The priority in the body is not that of the topic.', next: 'Write to the topic of the priority.' },
  KEY_MISMATCH: { retriable: false, doc: 'The key is not the workflow id, or the partition is not that of the key.', next: 'Use the workflow id as the key and the default (murmur2) partitioner.' },
  DEADLINE_PASSED: { retriable: true, doc: 'The deadline was over when the dispatch was decided.', next: 'Send again with more time.' },
  DEADLINE_TOO_FAR: { retriable: false, doc: 'The deadline is further away than the mesh keeps requests.', next: 'Answer "accepted" and send an event when the work is done.' },
  STALE: { retriable: true, doc: 'It was made too long before it arrived, so whether it was seen before can no longer be told.', next: 'Send it as a new dispatch.' },
  ISSUED_IN_FUTURE: { retriable: true, doc: 'Its time of issue is ahead of the broker\'s clock.', next: 'Correct the clock of the source.' },
  UNKNOWN_SOURCE: { retriable: true, doc: 'The source is not registered.', next: 'Register the agent before it sends.' },
  QUARANTINED: { retriable: true, doc: 'The source or the target is quarantined.', next: 'Ask the operators of the mesh.' },
  UNDECLARED_DEPENDENCY: { retriable: false, doc: 'The source did not declare this capability as a dependency.', next: 'Add it to the dependencies and register again.' },
  UNKNOWN_CAPABILITY: { retriable: true, doc: 'No active agent offers the capability.', next: 'Start an agent that offers it.' },
  UNKNOWN_TARGET: { retriable: true, doc: 'The agent asked for by name is not registered or does not offer the capability.', next: 'Leave out the target, or name another.' },
  DUPLICATE: { retriable: false, doc: 'The same dispatch was seen before; it was not delivered again.', next: 'Nothing: the first one counts.' },
  DUPLICATE_CONFLICT: { retriable: false, doc: 'The id was used before for another content.', next: 'Use a new id.' },
  REPLY_UNKNOWN: { retriable: false, doc: 'It answers a dispatch that the mesh does not know as a pending request.', next: 'Answer only what was asked.' },
  REPLY_NOT_ASKED: { retriable: false, doc: 'It answers a request that was given to another agent.', next: 'Answer only what was asked of this agent.' },
  REPLY_SECOND: { retriable: false, doc: 'The request has had its answer.', next: 'Answer once.' },
  REPLY_LATE: { retriable: false, doc: 'The request timed out before its answer came.', next: 'Answer within the deadline.' },
  REPLY_PARTITION_RANGE: { retriable: false, doc: 'The reply partition does not exist in the answers topic of the source.', next: 'Use a partition of the answers topic.' },
  OVER_QUOTA: { retriable: true, doc: 'The source is over its quota; the dispatch waits in the mesh for its slot.', next: 'Nothing: it goes on by itself. Send no faster than the slow-down signal says.' },
  QUOTA_BACKLOG_FULL: { retriable: true, doc: 'The source is over its quota, and as many of its dispatches wait as may.', next: 'Send again after retryAfterMs.' },
  BEHIND_DEFERRED: { retriable: true, doc: 'An earlier dispatch of the same source, workflow and priority waits, and order is kept.', next: 'Nothing: it goes on by itself.' },
  TARGET_PRESSED: { retriable: true, doc: 'The target is behind with more urgent work; this one yields and waits in the mesh.', next: 'Nothing: it goes on by itself when the target has caught up.' },
  TARGET_PAUSED: { retriable: true, doc: 'The target is paused by an operator; the dispatch waits in the mesh.', next: 'Nothing: it goes on when the target is resumed.' },
  TARGET_DRAINING: { retriable: true, doc: 'The target asked for by name is being drained by an operator and takes nothing new.', next: 'Leave out the target, or send again later.' },
  DEADLINE_UNREACHABLE: { retriable: true, doc: 'It can not be handled before its deadline: what waits before it takes longer.', next: 'Send again later, or give it more time.' },
  EXPECTED_LATE: { retriable: true, doc: 'An urgent dispatch was delivered though it will probably be late.', next: 'Look at `mesh pressure` for the target.' },
  PRIORITY_NOT_GRANTED: { retriable: false, doc: 'The source may not start this at that priority, or it claimed a more urgent one than that of the dispatch it handled.', next: 'Leave the priority out, or have `urgentCapabilities` granted in the registration.' },
  PRIORITY_LOWERED: { retriable: false, doc: 'It claimed a priority that it has no right to and was delivered with the one that it has.', next: 'Claim no more than what is granted.' },
  TIMEOUT: { retriable: true, doc: 'No answer came before the deadline.', next: 'Try again, or give it more time.' },
  HANDLER_FAILED: { retriable: true, doc: 'The handler of the target threw, or answered with an error code of its own.', next: 'See the answer\'s own code, or the log of the target.' },
  INPUT_INVALID: { retriable: false, doc: 'The payload does not fit the input schema of the capability.', next: 'Send what the contract says.' },
  OUTPUT_INVALID: { retriable: false, doc: 'The handler returned what its own output schema refuses.', next: 'Correct the handler.' },
  NO_HANDLER: { retriable: true, doc: 'The target offers the capability but has no handler for it.', next: 'Deploy the handler.' },
  POISON: { retriable: false, doc: 'The record made the processing of its round fail again and again.', next: 'Look at the dead letter.' }
} as const satisfies Record<string, { readonly retriable: boolean, readonly doc: string, readonly next: string }>

export type ReasonCode = keyof typeof reasonCodes
