// Who asks for a change, for the audit: who is logged in on this machine, unless told otherwise.
import { userInfo } from 'node:os'
import type { Asker } from './registry.ts'

export interface AskerFlags {
  readonly who?: string
  readonly why?: string
}

export function askerOf ({ who, why }: AskerFlags): Asker {
  return { who: who ?? loggedIn(), why: why ?? null }
}

function loggedIn (): string {
  try {
    return userInfo().username
  } catch {
    // In a container a user may have no name.
    return 'unknown'
  }
}
