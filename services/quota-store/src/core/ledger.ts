// All that is known of sources and tasks, in memory, and how a round of a task is answered from it. What reserve.lua does in
// Redis is this, step by step.
//
// Invariants:
//   L1. A position of a task spends once: asked again, it has the answer it was given, that much sooner.
//   L2. Per lane only positions from the lowest one asked are kept: what lies below was committed.
//   L3. An owner that came before the latest one changes nothing.
//   L4. Counting begins with empty buckets; a source without a state is one that has been idle since then.
import { clearsAtUs, newSource, pacesOf, reserveSlot, type Slot, type SourceState, urgentIntervalUs } from './gcra.ts'
import type { EpisodeAnswer, QuotaUsage, SlotAnswer, SlotRequest } from './slots.ts'

interface TaskAnswers {
  readonly owner: number
  readonly lanes: ReadonlyMap<number, Map<number, Slot>>
}

export interface LedgerOptions {
  /** When counting began; without it, at the first question. */
  readonly epochUs?: number
  /** Whether the answers are of a share, which doesn't tell episodes. */
  readonly isLocal?: boolean
}

/** Idle sources are forgotten at this number, and if that isn't enough, those that came first. */
const sourcesMax = 10_000

export class Ledger {
  readonly #isLocal: boolean
  readonly #sources = new Map<string, SourceState>()
  readonly #tasks = new Map<number, TaskAnswers>()
  #epochUs: number | undefined

  constructor ({ epochUs, isLocal = false }: LedgerOptions = {}) {
    this.#epochUs = epochUs
    this.#isLocal = isLocal
  }

  reserve (task: number, owner: number, requests: readonly SlotRequest[], nowUs: number): SlotAnswer[] | 'fenced' {
    const answers = this.#tasks.get(task)
    if (answers !== undefined && answers.owner > owner) return 'fenced'
    const lanes = keptLanes(answers, requests)
    this.#tasks.set(task, { owner, lanes })
    return requests.map(request => {
      const kept = lanes.get(request.lane)!
      const slot = kept.get(request.offset) ?? this.#take(request, nowUs)
      kept.set(request.offset, slot)
      return answerOf(slot, nowUs, this.#isLocal)
    })
  }

  episode (source: string, episode: string, nowUs: number): EpisodeAnswer {
    const state = this.#sources.get(source)
    if (state === undefined || state.episode !== episode) return { isCleared: true, clearsInMs: 0 }
    const leftUs = clearsAtUs(state) - nowUs
    if (leftUs > 0) return { isCleared: false, clearsInMs: leftUs / 1000 }
    this.#sources.set(source, { ...state, episode: null })
    return { isCleared: true, clearsInMs: 0 }
  }

  usage (nowUs: number): QuotaUsage[] {
    return [...this.#sources].map(([source, state]) => usageOf(source, state, nowUs))
  }

  stateOf (source: string): SourceState | undefined { return this.#sources.get(source) }

  #take ({ source, isUrgent, limits, delayMsMax, behindMs }: SlotRequest, nowUs: number): Slot {
    this.#epochUs ??= nowUs
    const paces = pacesOf(limits)
    const before = this.#sources.get(source) ?? newSource(paces, nowUs, this.#epochUs)
    const { state, slot } = reserveSlot(before, slotAsk({ isUrgent, delayMsMax, behindMs }), paces, nowUs)
    if (slot.outcome !== 'granted') return slot
    if (!this.#sources.has(source)) this.#makeRoom(nowUs)
    this.#sources.set(source, state)
    return slot
  }

  #makeRoom (nowUs: number): void {
    if (this.#sources.size < sourcesMax) return
    for (const [source, state] of this.#sources) {
      if (state.episode === null && Math.max(state.tatUs, state.urgentTatUs) <= nowUs) this.#sources.delete(source)
    }
    for (const source of this.#sources.keys()) {
      if (this.#sources.size < sourcesMax) return
      this.#sources.delete(source)
    }
  }
}

export function slotAsk ({ isUrgent, delayMsMax, behindMs }: { isUrgent: boolean, delayMsMax: number | null, behindMs?: number | undefined }) {
  return { isUrgent, delayUsMax: delayMsMax === null ? Infinity : delayMsMax * 1000, behindUs: Math.ceil((behindMs ?? 0) * 1000) }
}

function keptLanes (answers: TaskAnswers | undefined, requests: readonly SlotRequest[]): Map<number, Map<number, Slot>> {
  const lowest = new Map<number, number>()
  for (const { lane, offset } of requests) lowest.set(lane, Math.min(offset, lowest.get(lane) ?? Infinity))
  const lanes = new Map(answers?.lanes)
  for (const [lane, offsetMin] of lowest) lanes.set(lane, new Map([...lanes.get(lane) ?? []].filter(([offset]) => offset >= offsetMin)))
  return lanes
}

export function answerOf (slot: Slot, nowUs: number, isLocal: boolean): SlotAnswer {
  const msUntil = (atUs: number) => Math.max(0, atUs - nowUs) / 1000
  const { backlogRecords } = slot
  if (slot.outcome === 'refused') return { outcome: 'refused', reason: slot.reason, retryAfterMs: msUntil(slot.retryAtUs), backlogRecords, isLocal }
  const episode = isLocal ? null : slot.episode
  return { outcome: 'granted', delayMs: msUntil(slot.slotUs), backlogRecords, clearsInMs: msUntil(slot.clearsAtUs), episode, isLocal }
}

export function usageOf (source: string, state: SourceState, nowUs: number): QuotaUsage {
  const { intervalUs, toleranceUs, urgentToleranceUs } = state
  const urgentUs = urgentIntervalUs(intervalUs)
  const ahead = (atUs: number, stepUs: number) => Math.max(0, Math.ceil((atUs - nowUs) / stepUs))
  return {
    source,
    usedRecords: Math.min(Math.floor(toleranceUs / intervalUs) + 1, ahead(state.tatUs, intervalUs)),
    backlogRecords: ahead(state.lastUs, intervalUs) + ahead(state.urgentTatUs - urgentToleranceUs - urgentUs, urgentUs),
    clearsInMs: Math.max(0, clearsAtUs(state) - nowUs) / 1000,
    hasEpisode: state.episode !== null
  }
}
