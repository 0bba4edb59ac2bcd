// How a source's dispatches are spread over time: the generic cell rate algorithm (ITU-T I.371, as virtual scheduling),
// which here doesn't say "not now" but reserves the next slot. reserve.lua does the same arithmetic; a test compares them.
//
// Invariants:
//   G1. All times are whole microseconds but for halves of a tolerance, exact as doubles; intervals are rounded up, so that
//       no bucket is ever above its rate.
//   G2. What isn't reserved changes nothing.
//   G3. Slots of a bucket that lie ahead are strictly ordered, also when its limits change.
//   G4. P0 looks at its own bucket only. What it takes, the rest is charged for, but never waits longer than
//       `floorIntervals` intervals behind its own last slot.
import type { QuotaLimits } from './quota-limits.ts'
import type { RefusalReason } from './slots.ts'

/** Steady distance between slots, and how far ahead of it a burst may run. */
export interface Pace {
  readonly intervalUs: number
  readonly toleranceUs: number
}

export interface Paces {
  readonly all: Pace
  readonly urgent: Pace
  readonly outstandingMax: number
}

export interface SourceState {
  /** Theoretical arrival time of the next one: everything is counted here. */
  readonly tatUs: number
  /** The same for P0 alone. */
  readonly urgentTatUs: number
  /** Latest slot given to anything but P0. */
  readonly lastUs: number
  readonly episode: string | null
  /** The paces that these times were made with. */
  readonly intervalUs: number
  readonly toleranceUs: number
  readonly urgentToleranceUs: number
}

export interface SlotAsk {
  readonly isUrgent: boolean
  readonly delayUsMax: number
  readonly behindUs: number
}

export type Slot =
  | { readonly outcome: 'granted', readonly slotUs: number, readonly backlogRecords: number, readonly clearsAtUs: number, readonly episode: string | null }
  | { readonly outcome: 'refused', readonly reason: RefusalReason, readonly retryAtUs: number, readonly backlogRecords: number }

/** P0's part of the rate and the burst. */
const urgentShare = 0.8
export const urgentIntervalUs = (intervalUs: number): number => Math.ceil(intervalUs / urgentShare)
/** The rest keeps one slot in five, which is what P0's part leaves. */
export const floorIntervals = 5
const intervalUsMax = 24 * 3_600_000_000
/** A wait that a task remembers is believed where it is this much later than the count: more than clocks and rounding differ. */
export const behindUsMin = 1_000_000
/** An episode that nobody has asked about so long after its end is forgotten: whoever was told of it is gone. */
export const episodeForgottenUs = 60_000_000

const paceOf = (intervalUs: number, burst: number): Pace => ({ intervalUs, toleranceUs: Math.max(0, Math.floor((burst - 1) * intervalUs)) })

export function pacesOf ({ ratePerS, burst, outstandingMax }: Pick<QuotaLimits, 'ratePerS' | 'burst' | 'outstandingMax'>): Paces {
  const intervalUs = Math.min(intervalUsMax, Math.max(1, Math.ceil(1_000_000 / ratePerS)))
  return {
    all: paceOf(intervalUs, burst),
    urgent: paceOf(urgentIntervalUs(intervalUs), Math.max(1, burst * urgentShare)),
    outstandingMax
  }
}

/** A source that nothing is known of: its bucket was empty when counting began, and has filled since. */
export function newSource ({ all, urgent }: Paces, nowUs: number, epochUs: number): SourceState {
  return {
    tatUs: epochUs + all.toleranceUs, urgentTatUs: epochUs + urgent.toleranceUs, lastUs: Math.min(nowUs, epochUs), episode: null,
    intervalUs: all.intervalUs, toleranceUs: all.toleranceUs, urgentToleranceUs: urgent.toleranceUs
  }
}

/** Other limits: what is reserved stays, the next comes behind it, and no burst is owed that the new limits don't allow. */
export function withPaces (state: SourceState, { all, urgent }: Paces, nowUs: number): SourceState {
  return {
    ...state, intervalUs: all.intervalUs, toleranceUs: all.toleranceUs, urgentToleranceUs: urgent.toleranceUs,
    tatUs: moved(state.tatUs, state.toleranceUs, all.toleranceUs, nowUs),
    urgentTatUs: moved(state.urgentTatUs, state.urgentToleranceUs, urgent.toleranceUs, nowUs)
  }
}

function moved (tatUs: number, beforeUs: number, afterUs: number, nowUs: number): number {
  return tatUs - beforeUs > nowUs ? tatUs - beforeUs + afterUs : Math.min(tatUs, nowUs + afterUs)
}

/** When nothing of the source waits any more and half of its burst is there again. */
export function clearsAtUs (state: SourceState): number {
  return Math.max(state.tatUs - state.toleranceUs / 2, state.urgentTatUs - state.urgentToleranceUs / 2)
}

export function reserveSlot (before: SourceState, ask: SlotAsk, paces: Paces, nowUs: number): { readonly state: SourceState, readonly slot: Slot } {
  const known = remembered(withPaces(before, paces, nowUs), ask, paces, nowUs)
  const { intervalUs } = ask.isUrgent ? paces.urgent : paces.all
  const slotUs = nextSlotUs(known, ask.isUrgent, paces, nowUs)
  const delayUs = slotUs - nowUs
  const backlogRecords = Math.ceil(delayUs / intervalUs)
  const refused = (reason: RefusalReason, retryAtUs: number) =>
    ({ state: before, slot: { outcome: 'refused', reason, retryAtUs, backlogRecords: backlogRecords - 1 } }) as const
  if (backlogRecords > paces.outstandingMax) return refused('backlog', slotUs - paces.outstandingMax * intervalUs)
  if (delayUs > ask.delayUsMax) return refused('deadline', slotUs)
  const isOpen = known.episode !== null && nowUs <= clearsAtUs(known) + episodeForgottenUs
  const opened = delayUs > 0 && !isOpen ? String(nowUs) : null
  const state: SourceState = {
    ...known,
    tatUs: Math.max(nowUs, known.tatUs) + paces.all.intervalUs,
    urgentTatUs: ask.isUrgent ? Math.max(nowUs, known.urgentTatUs) + intervalUs : known.urgentTatUs,
    lastUs: ask.isUrgent ? known.lastUs : slotUs,
    episode: opened ?? (isOpen ? known.episode : null)
  }
  return { state, slot: { outcome: 'granted', slotUs, backlogRecords, clearsAtUs: clearsAtUs(state), episode: opened } }
}

function nextSlotUs (state: SourceState, isUrgent: boolean, { all, urgent }: Paces, nowUs: number): number {
  if (isUrgent) return Math.max(nowUs, state.urgentTatUs - urgent.toleranceUs)
  return Math.max(nowUs, Math.min(state.tatUs - all.toleranceUs, state.lastUs + floorIntervals * all.intervalUs))
}

function remembered (state: SourceState, { isUrgent, behindUs }: SlotAsk, paces: Paces, nowUs: number): SourceState {
  const lastUs = nowUs + behindUs
  if (behindUs <= 0 || lastUs <= nextSlotUs(state, isUrgent, paces, nowUs) + behindUsMin) return state
  return isUrgent
    ? { ...state, urgentTatUs: lastUs + paces.urgent.toleranceUs + paces.urgent.intervalUs }
    : { ...state, tatUs: lastUs + paces.all.toleranceUs + paces.all.intervalUs, lastUs }
}
