// Everything that the audit API answers with when it does not answer what was asked: the closed list.
//
// C1. A code never changes its meaning; a new meaning is a new code.
// C2. Each says whether the same request may succeed later, and what the caller should do.

export const apiCodes = {
  INVALID_REQUEST: { status: 400, retriable: false, doc: 'Fields are unknown, missing or out of their range.', next: 'Correct the fields that the problems name.' },
  CURSOR_INVALID: { status: 400, retriable: false, doc: 'The cursor is none of this interface, or belongs to another search.', next: 'Send the cursor of the page before, with the same fields.' },
  RANGE_TOO_LARGE: { status: 400, retriable: false, doc: 'More time, or more groups, are asked for than one query may have.', next: 'Ask for less time at once, or filter.' },
  TOKEN_MISSING: { status: 401, retriable: false, doc: 'The request has no bearer token.', next: 'Send `authorization: Bearer …`; on one machine `npx mesh audit token` makes a token.' },
  TOKEN_INVALID: { status: 401, retriable: false, doc: 'The token is not one of this interface, or no longer.', next: 'Get a new one.' },
  FORBIDDEN: { status: 403, retriable: false, doc: 'The token names no role that may read the archive.', next: 'Ask for a token with the role auditor, or owner and a team.' },
  NOT_FOUND: { status: 404, retriable: true, doc: 'There is no such dispatch that you may see, or no such page.', next: 'Check the id; the archive follows a dispatch within a second.' },
  TOO_MANY_QUERIES: { status: 429, retriable: true, doc: 'As many queries run as may, in all or of this caller.', next: 'Try again after the seconds in Retry-After.' },
  QUERY_TIMEOUT: { status: 504, retriable: false, doc: 'The query took longer than a query may.', next: 'Ask for less time at once, or filter by source, target, workflow or dispatch.' },
  UNAVAILABLE: { status: 503, retriable: true, doc: 'The archive, the keys or who owns which agent is not known at this moment.', next: 'Try again after the seconds in Retry-After; /readyz says what is missing.' },
  QUERY_UNRECORDED: { status: 503, retriable: true, doc: 'The query could not be recorded, so it was not answered.', next: 'Try again after the seconds in Retry-After.' },
  CANCELLED: { status: 499, retriable: true, doc: 'The caller went away; the query was cancelled. In records of queries only.', next: 'Nothing.' },
  EXPORT_BOUNDED: { status: 500, retriable: false, doc: 'The export has more rows than one may have and was broken off. In records of queries only.', next: 'Export less time at once.' },
  INTERNAL: { status: 500, retriable: false, doc: 'The audit API failed; the reason is in its log.', next: 'Tell the operators.' }
} as const satisfies Record<string, { readonly status: number, readonly retriable: boolean, readonly doc: string, readonly next: string }>

export type ApiCode = keyof typeof apiCodes

/** One thing that is wrong with a request; a refusal names all of them. */
export interface Problem {
  /** The field's name; empty for the whole. */
  readonly field: string
  readonly message: string
}
