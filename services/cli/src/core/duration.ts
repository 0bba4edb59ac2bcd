const secondMs = 1_000
const minuteMs = 60 * secondMs

/** A duration as a person reads it. */
export function duration (ms: number): string {
  if (ms < secondMs) return `${Math.round(ms)} ms`
  return ms < 2 * minuteMs ? `${(ms / secondMs).toFixed(1)} s` : `${Math.round(ms / minuteMs)} min`
}
