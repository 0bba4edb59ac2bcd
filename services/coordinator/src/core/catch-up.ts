// When something that was due during an outage goes on: at twice the pace at which it was due, so that what waited does
// not come all at once.
//
// Invariants:
//   U1. Order is kept: what was due sooner goes on sooner.
//   U2. Nothing goes on before it was due.
//   U3. An outage is caught up after at most as long as it lasted; from then on things go on when they are due.
//   U4. Time in which nothing was due is not waited for: what came after an outage of minutes isn't late by minutes, because a few
//       were due at its beginning.

export interface CatchUp {
  /** When the lateness was noticed, and the oldest due time then. */
  readonly noticedAtMs: number
  readonly oldestDueMs: number
}

/** Lateness below this is how a busy task is, not an outage. */
export const latenessMsMin = 1_000
const pace = 2
/** Longest time without anything due that is gone through, at its pace. */
const gapMsMax = 1_000

/** Undefined while nothing is so late that it needs smoothing. */
export function catchUpOf (known: CatchUp | undefined, oldestDueMs: number, nowMs: number): CatchUp | undefined {
  if (known !== undefined && nowMs < endOf(known)) return known
  return nowMs - oldestDueMs > latenessMsMin ? { noticedAtMs: nowMs, oldestDueMs } : undefined
}

export function goesOnAtMs (dueMs: number, catchUp: CatchUp | undefined): number {
  if (catchUp === undefined || dueMs >= endOf(catchUp)) return dueMs
  const { noticedAtMs, oldestDueMs } = catchUp
  return Math.max(dueMs, noticedAtMs + (dueMs - oldestDueMs) / pace)
}

/** To be asked when one that was due has gone, and the next is known. */
export function withoutGap (catchUp: CatchUp, goneDueMs: number, nextDueMs: number): CatchUp {
  const idleMs = nextDueMs - goneDueMs - gapMsMax
  return idleMs <= 0 ? catchUp : { ...catchUp, noticedAtMs: catchUp.noticedAtMs - idleMs / pace }
}

/** Where both paces meet. */
const endOf = ({ noticedAtMs, oldestDueMs }: CatchUp): number => noticedAtMs + (noticedAtMs - oldestDueMs) / (pace - 1)
