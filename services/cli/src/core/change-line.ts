// What a change did, as one line.
import { printable } from './printable.ts'

export interface ChangedLimits { readonly ratePerS: number, readonly burst: number, readonly outstandingMax: number }

interface Change<V> {
  readonly isChanged: boolean
  readonly before: V | null
  readonly after: V | null
}

export function quotaChangeLine (quotaId: string, change: Change<ChangedLimits>): string {
  return changeLine(quotaId, change, limits => limits === null ? 'its role\'s quota' : `${limits.ratePerS}/s, burst ${limits.burst}, at most ${limits.outstandingMax} waiting`)
}

export function statusChangeLine (agent: string, change: Change<string>): string {
  return changeLine(agent, change, printable)
}

export function circuitChangeLine (agent: string, change: Change<string>): string {
  return changeLine(agent, change, state => state === null ? 'as measured' : `held ${printable(state)}`)
}

function changeLine<V> (name: string, { isChanged, before, after }: Change<V>, said: (value: V | null) => string): string {
  return isChanged ? `${printable(name)}: ${said(before)} → ${said(after)}` : `${printable(name)}: ${said(after)}, as before; nothing was changed.`
}
