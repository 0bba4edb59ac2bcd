const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** An instant as a person says it: an ISO time, or how long ago (90s, 30m, 2h, 7d); undefined for anything else. */
export function sinceMs (text: string, nowMs: number): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (count !== undefined) return nowMs - Number(count) * unitMs[unit as keyof typeof unitMs]
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs
}
