// Colours by meaning, so that what is formatted doesn't know which colour it gets, or whether any.
export interface Paint {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly unsure: (text: string) => string
  readonly faint: (text: string) => string
  readonly strong: (text: string) => string
}

const same = (text: string): string => text
export const plainPaint: Paint = { good: same, bad: same, unsure: same, faint: same, strong: same }

export function paintOutcome (outcome: string | null, paint: Paint): (text: string) => string {
  if (outcome === 'success') return paint.good
  if (outcome === null) return paint.faint
  return outcome === 'timeout' ? paint.unsure : paint.bad
}
