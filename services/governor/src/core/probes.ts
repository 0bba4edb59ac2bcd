// What is known of the probes of one half_open state.

export interface ProbeResults {
  /** Handed over. */
  readonly sent: number
  /** Answered, and in the promised time. */
  readonly passed: number
  /** Answered, later than promised. */
  readonly slow: number
  readonly failed: number
  /** Ended in a way that says nothing of the target: by the caller's fault. */
  readonly unjudged: number
  /** When anything was last heard of one. */
  readonly lastAtMs: number
}

export type ProbeEnd = 'passed' | 'slow' | 'failed' | 'unjudged'

export const noProbes: ProbeResults = { sent: 0, passed: 0, slow: 0, failed: 0, unjudged: 0, lastAtMs: -Infinity }

export const withProbe = (probes: ProbeResults, what: 'sent' | ProbeEnd, nowMs: number): ProbeResults => ({ ...probes, [what]: probes[what] + 1, lastAtMs: nowMs })
