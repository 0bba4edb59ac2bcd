const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A duration as a person says it (90s, 30m, 2h, 7d); undefined for anything else. */
export function durationMs (text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * unitMs[unit as keyof typeof unitMs]
}

/** An instant as a person says it: an ISO time, or how long ago; undefined for anything else. */
export function sinceMs (text: string, nowMs: number): number | undefined {
  const agoMs = durationMs(text)
  if (agoMs !== undefined) return nowMs - agoMs
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs
}
