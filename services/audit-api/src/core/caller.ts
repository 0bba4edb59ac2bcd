// Who asks, by the claims of a token that was found genuine.
//
// L1. There are two roles. An auditor sees every event. An owner sees those with one of its team's agents on either side.
// L2. An owner without a team, and any other role, may see nothing.

export const roles = ['auditor', 'owner'] as const
export type Role = typeof roles[number]

export interface Caller {
  readonly who: string
  readonly role: Role
  readonly team: string | null
  readonly tokenId: string | null
}

/** As far as it is known, for the record. */
export interface Asker {
  readonly who: string
  readonly role: string
  readonly team: string | null
  readonly tokenId: string | null
}

const textMax = 200

export function askerOf (claims: Readonly<Record<string, unknown>>): Asker {
  return { who: text(claims.sub) ?? '', role: text(claims.role) ?? 'none', team: text(claims.team), tokenId: text(claims.jti) }
}

/** The caller, or why it may not ask. */
export function callerOf (asker: Asker): Caller | { readonly problem: string } {
  if (asker.who === '') return { problem: 'The token names nobody (sub).' }
  if (asker.role === 'auditor') return { ...asker, role: 'auditor', team: null }
  if (asker.role !== 'owner') return { problem: 'The token\'s role is neither auditor nor owner.' }
  if (asker.team === null) return { problem: 'The token of an owner names no team.' }
  return { ...asker, role: 'owner' }
}

function text (value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, textMax) : null
}
