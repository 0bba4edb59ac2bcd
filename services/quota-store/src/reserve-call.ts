// A round's questions as reserve.lua reads them, and its answer. The order of fields is agreed with that file alone.
import { behindUsMin, episodeForgottenUs, floorIntervals, pacesOf, type Slot, type SourceState } from './core/gcra.ts'
import { slotAsk } from './core/ledger.ts'
import type { QuotaLimits } from './core/quota-limits.ts'
import type { RefusalReason, SlotRequest } from './core/slots.ts'
import { packNumbers, unpack } from './packed.ts'

export interface ReserveCall {
  /** In the order of their keys. */
  readonly sources: readonly string[]
  readonly packed: Buffer
}

/** A source that is silent loses its state so long after nothing of it counts any more; longer than episodes are remembered. */
const stateMs = 120_000
/** Longer than any pause after which a task goes on at the same positions. */
const answersMs = 24 * 3_600_000
/** Epoch and index, renewed with each use. */
export const commonMs = 7 * 24 * 3_600_000
const answerFields = 5
const refusals: readonly (RefusalReason | undefined)[] = [undefined, 'backlog', 'deadline']

export function reserveCall (owner: number, requests: readonly SlotRequest[]): ReserveCall {
  const indexes = new Map<string, number>()
  const sourceFields: number[] = []
  const requestFields: number[] = []
  for (const request of requests) {
    let index = indexes.get(request.source)
    if (index === undefined) {
      index = indexes.size + 1
      indexes.set(request.source, index)
      sourceFields.push(...paceFields(request.limits))
    }
    const { isUrgent, delayUsMax, behindUs } = slotAsk(request)
    requestFields.push(request.lane, request.offset, index, isUrgent ? 1 : 0, delayUsMax, behindUs)
  }
  const head = [owner, indexes.size, requests.length, floorIntervals, behindUsMin, episodeForgottenUs, stateMs, answersMs, commonMs]
  return { sources: [...indexes.keys()], packed: packNumbers([...head, ...sourceFields, ...requestFields]) }
}

function paceFields (limits: QuotaLimits): number[] {
  const { all, urgent, outstandingMax } = pacesOf(limits)
  return [all.intervalUs, all.toleranceUs, urgent.intervalUs, urgent.toleranceUs, outstandingMax]
}

export function readSlots (answer: Buffer): { readonly nowUs: number, readonly slots: readonly Slot[] } {
  const fields = unpack(answer) as (number | string | false)[]
  const slots: Slot[] = []
  for (let at = 1; at < fields.length; at += answerFields) {
    const [outcome, atUs, backlogRecords, clearsAtUs, episode] = fields.slice(at, at + answerFields) as [number, number, number, number, string | false]
    const reason = refusals[outcome]
    if (reason !== undefined) slots.push({ outcome: 'refused', reason, retryAtUs: atUs, backlogRecords })
    else slots.push({ outcome: 'granted', slotUs: atUs, backlogRecords, clearsAtUs, episode: episode === false ? null : episode })
  }
  return { nowUs: fields[0] as number, slots }
}

export function readState (packed: Buffer): SourceState {
  const [tatUs, urgentTatUs, lastUs, episode, intervalUs, toleranceUs, urgentToleranceUs] =
    unpack(packed) as [number, number, number, string | false, number, number, number]
  return { tatUs, urgentTatUs, lastUs, episode: episode === false ? null : episode, intervalUs, toleranceUs, urgentToleranceUs }
}
