// Rules simple enough to be checked by a reader who shares nothing with the runner: every input is numbered within its
// key, may set a timer, may be held back for a while. All of it can be rebuilt from the changelog.
import type { InputRecord, KeyedRecord, LowWater, OutputRecord, Produced, RestoredRecord, RoundPlan, TaskLogic } from '../../src/index.ts'

export interface LedgerInput {
  readonly id: string
  readonly key: string
  readonly kind: 'plain' | 'timer' | 'held' | 'poison'
}

/** What the logic writes to the output topic and, for `in`, `timer` and `released`, to the changelog. */
export interface LedgerEvent {
  readonly type: 'in' | 'timer' | 'released' | 'poison'
  readonly id: string
  readonly key: string
  readonly lane: number
  /** Position of the input among those of its key; 0 for timers. */
  readonly count: number
  readonly dueMs: number
  readonly by: string
}

const timerMs = 700
const heldMs = 500

interface LedgerPlan extends RoundPlan { readonly events: readonly LedgerEvent[], readonly held: readonly string[] }

export class LedgerLogic implements TaskLogic<LedgerPlan> {
  readonly #task: number
  readonly #outputTopic: string
  readonly #by: string
  readonly #counts = new Map<string, { count: number, offset: number }>()
  readonly #timers = new Map<string, { event: LedgerEvent, offset: number }>()
  readonly #held = new Map<string, { event: LedgerEvent, offset: number }>()
  #changelogNext = 0
  #deferredNext = 0

  constructor (task: number, outputTopic: string, by: string) {
    this.#task = task
    this.#outputTopic = outputTopic
    this.#by = by
  }

  restoreChangelog ({ value, offset }: RestoredRecord): void { if (value !== null) this.#evolve(parse(value), offset) }

  restoreDeferred ({ key, value, offset }: RestoredRecord): void {
    if (value === null) this.#held.delete(key)
    else this.#held.set(key, { event: parse(value), offset })
  }

  restored (at: { changelogNextOffset: number, deferredNextOffset: number }): void {
    this.#changelogNext = at.changelogNextOffset
    this.#deferredNext = at.deferredNextOffset
  }

  plan (records: readonly InputRecord[], nowMs: number): LedgerPlan {
    const events: LedgerEvent[] = []
    const deferred: KeyedRecord[] = []
    const held: string[] = []
    const counts = new Map<string, number>()
    for (const { event } of this.#timers.values()) if (event.dueMs <= nowMs) events.push({ ...event, type: 'timer', by: this.#by })
    for (const [id, { event }] of this.#held) {
      if (event.dueMs > nowMs) continue
      events.push({ ...event, type: 'released', by: this.#by })
      deferred.push({ key: id, value: null })
    }
    for (const { value, lane, appendedAtMs } of records) {
      const input = JSON.parse(value!.toString()) as LedgerInput
      if (input.kind === 'poison') throw new Error('poison')
      const count = (counts.get(input.key) ?? this.#counts.get(input.key)?.count ?? 0) + 1
      counts.set(input.key, count)
      const dueMs = input.kind === 'timer' ? appendedAtMs + timerMs : input.kind === 'held' ? appendedAtMs + heldMs : 0
      const event: LedgerEvent = { type: 'in', id: input.id, key: input.key, lane, count, dueMs: input.kind === 'timer' ? dueMs : 0, by: this.#by }
      events.push(event)
      if (input.kind === 'held') {
        deferred.push({ key: input.id, value: Buffer.from(JSON.stringify({ ...event, dueMs })) })
        held.push(input.id)
      }
    }
    return { events, held, deferred, outputs: events.map(event => this.#output(event)), changelog: events.map(event => ({ key: event.id, value: Buffer.from(JSON.stringify(event)) })) }
  }

  applied (plan: LedgerPlan, { changelogBaseOffset, deferredBaseOffset }: Produced): LowWater {
    plan.events.forEach((event, i) => this.#evolve(event, changelogBaseOffset + i))
    plan.deferred.forEach(({ key, value }, i) => this.restoreDeferred({ key, value, offset: deferredBaseOffset + i, appendedAtMs: 0 }))
    if (plan.events.length > 0) this.#changelogNext = changelogBaseOffset + plan.events.length
    if (plan.deferred.length > 0) this.#deferredNext = deferredBaseOffset + plan.deferred.length
    const lowest = (entries: Iterable<{ offset: number }>, next: number) => [...entries].reduce((least, { offset }) => Math.min(least, offset), next)
    return {
      changelogOffset: Math.min(lowest(this.#counts.values(), this.#changelogNext), lowest(this.#timers.values(), this.#changelogNext)),
      deferredOffset: lowest(this.#held.values(), this.#deferredNext)
    }
  }

  nextDueMs (): number | undefined {
    const due = [...this.#timers.values(), ...this.#held.values()].map(({ event }) => event.dueMs)
    return due.length === 0 ? undefined : Math.min(...due)
  }

  poisoned ({ value, lane }: InputRecord): LedgerPlan {
    const { id, key } = JSON.parse(value!.toString()) as LedgerInput
    const event: LedgerEvent = { type: 'poison', id, key, lane, count: 0, dueMs: 0, by: this.#by }
    return { events: [], held: [], deferred: [], changelog: [], outputs: [this.#output(event)] }
  }

  #output (event: LedgerEvent): OutputRecord {
    return { topic: this.#outputTopic, partition: this.#task, key: event.key, value: Buffer.from(JSON.stringify(event)) }
  }

  #evolve (event: LedgerEvent, offset: number): void {
    if (event.type === 'timer') this.#timers.delete(event.id)
    if (event.type !== 'in') return
    this.#counts.set(event.key, { count: event.count, offset })
    if (event.dueMs > 0) this.#timers.set(event.id, { event, offset })
  }
}

const parse = (value: Buffer): LedgerEvent => JSON.parse(value.toString()) as LedgerEvent
