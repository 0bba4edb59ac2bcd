// Rules whose every effect can be checked from outside: a counter for each key, timers, and deferrals.
//
//   input     -> output `in` with the key's count, changelog event `in`
//   timer     -> `dueAfterMs` later one output and one event `timer`
//   defer     -> a record in the deferred topic; `dueAfterMs` later its tombstone, one output and one event `released`
//   poison-*  -> fails its round: while planning, by its size, or by a topic that doesn't exist
import type { InputRecord, KeyedRecord, LowWater, OutputRecord, Produced, RestoredRecord, RoundPlan, TaskLogic } from '../../src/task-round/index.ts'

export const dueAfterMs = 400
const dueMax = 50

export const kinds = ['plain', 'timer', 'defer', 'poison-plan', 'poison-size', 'poison-topic'] as const
export type Kind = typeof kinds[number]

export interface InputValue {
  readonly id: string
  readonly key: string
  /** Position among the inputs of its key and lane. */
  readonly seq: number
  readonly kind: Kind
}

export interface OutputValue {
  readonly type: 'in' | 'timer' | 'released' | 'poisoned'
  readonly id: string
  readonly key: string
  readonly by: string
  readonly count: number
  readonly lane: number
  readonly seq: number
  readonly dueMs: number
  readonly inputAtMs: number
  readonly reason: string
}

export interface ChangeValue {
  readonly type: OutputValue['type']
  readonly id: string
  readonly key: string
  readonly count: number
  readonly dueMs: number
  /** Topic, partition and offset of the input; empty for what no input caused. */
  readonly position: string
}

interface Waiting { readonly key: string, readonly dueMs: number, readonly offset: number }

export interface CheckedPlan extends RoundPlan {
  readonly changes: readonly ChangeValue[]
  readonly released: readonly string[]
  readonly newlyDeferred: readonly { readonly id: string, readonly key: string, readonly dueMs: number }[]
}

export class CheckingLogic implements TaskLogic<CheckedPlan> {
  readonly #task: number
  readonly #by: string
  readonly #outputTopic: string
  readonly #counts = new Map<string, { count: number, offset: number }>()
  readonly #timers = new Map<string, Waiting>()
  readonly #deferred = new Map<string, Waiting>()
  #changelogNextOffset = 0
  #deferredNextOffset = 0

  constructor (task: number, by: string, outputTopic: string) {
    this.#task = task
    this.#by = by
    this.#outputTopic = outputTopic
  }

  restoreChangelog ({ value, offset }: RestoredRecord): void {
    if (value !== null) this.#evolve(JSON.parse(value.toString()) as ChangeValue, offset)
  }

  restoreDeferred ({ key, value, offset }: RestoredRecord): void {
    if (value === null) this.#deferred.delete(key)
    else this.#deferred.set(key, { ...JSON.parse(value.toString()) as { key: string, dueMs: number }, offset })
  }

  restored (at: { changelogNextOffset: number, deferredNextOffset: number }): undefined {
    this.#changelogNextOffset = at.changelogNextOffset
    this.#deferredNextOffset = at.deferredNextOffset
  }

  plan (records: readonly InputRecord[], nowMs: number): CheckedPlan {
    const round = new Round(this.#task, this.#by, this.#outputTopic, this.#counts)
    for (const [id, { key, dueMs }] of dueOf(this.#timers, nowMs)) round.due('timer', id, key, dueMs)
    for (const [id, { key, dueMs }] of dueOf(this.#deferred, nowMs)) round.due('released', id, key, dueMs)
    for (const record of records) round.input(record)
    return round
  }

  applied (plan: CheckedPlan, produced: Produced): LowWater {
    plan.changes.forEach((change, i) => this.#evolve(change, produced.changelogBaseOffset + i))
    for (const id of plan.released) this.#deferred.delete(id)
    const first = produced.deferredBaseOffset + plan.released.length
    plan.newlyDeferred.forEach(({ id, key, dueMs }, i) => this.#deferred.set(id, { key, dueMs, offset: first + i }))
    if (plan.changelog.length > 0) this.#changelogNextOffset = produced.changelogBaseOffset + plan.changelog.length
    if (plan.deferred.length > 0) this.#deferredNextOffset = produced.deferredBaseOffset + plan.deferred.length
    return {
      changelogOffset: lowest(this.#changelogNextOffset, this.#counts.values(), this.#timers.values()),
      deferredOffset: lowest(this.#deferredNextOffset, this.#deferred.values())
    }
  }

  nextDueMs (): number | undefined {
    let next = Infinity
    for (const { dueMs } of this.#timers.values()) next = Math.min(next, dueMs)
    for (const { dueMs } of this.#deferred.values()) next = Math.min(next, dueMs)
    return next === Infinity ? undefined : next
  }

  poisoned (record: InputRecord, error: Error): CheckedPlan {
    const round = new Round(this.#task, this.#by, this.#outputTopic, this.#counts)
    round.poisoned(record, error)
    return round
  }

  #evolve ({ type, id, key, count, dueMs }: ChangeValue, offset: number): void {
    if (type === 'in') {
      this.#counts.set(key, { count, offset })
      if (dueMs > 0) this.#timers.set(id, { key, dueMs, offset })
    } else if (type === 'timer') {
      this.#timers.delete(id)
    }
  }
}

function* dueOf (waiting: ReadonlyMap<string, Waiting>, nowMs: number): Generator<readonly [string, Waiting]> {
  let room = dueMax
  for (const entry of waiting) {
    if (room === 0) return
    if (entry[1].dueMs > nowMs) continue
    room--
    yield entry
  }
}

function lowest (nextOffset: number, ...needed: Iterable<{ readonly offset: number }>[]): number {
  let mark = nextOffset
  for (const entries of needed) for (const { offset } of entries) mark = Math.min(mark, offset)
  return mark
}

class Round implements CheckedPlan {
  readonly outputs: OutputRecord[] = []
  readonly changelog: KeyedRecord[] = []
  readonly changes: ChangeValue[] = []
  readonly released: string[] = []
  readonly newlyDeferred: { id: string, key: string, dueMs: number }[] = []
  readonly #tombstones: KeyedRecord[] = []
  readonly #deferrals: KeyedRecord[] = []
  readonly #counts = new Map<string, number>()
  readonly #task: number
  readonly #by: string
  readonly #topic: string
  readonly #stateCounts: ReadonlyMap<string, { readonly count: number }>

  constructor (task: number, by: string, topic: string, stateCounts: ReadonlyMap<string, { readonly count: number }>) {
    this.#task = task
    this.#by = by
    this.#topic = topic
    this.#stateCounts = stateCounts
  }

  get deferred (): KeyedRecord[] { return [...this.#tombstones, ...this.#deferrals] }

  input (record: InputRecord): void {
    // An input that leads to nothing.
    if (record.value === null) return
    const { id, key, seq, kind } = JSON.parse(record.value.toString()) as InputValue
    if (kind === 'poison-plan') throw new Error(`cannot plan ${id}`)
    const count = (this.#counts.get(key) ?? this.#stateCounts.get(key)?.count ?? 0) + 1
    this.#counts.set(key, count)
    const dueMs = record.appendedAtMs + dueAfterMs
    this.#output({ type: 'in', id, key, count, lane: record.lane, seq, inputAtMs: record.appendedAtMs }, kind === 'poison-size' ? 'x'.repeat(2_000_000) : '')
    if (kind === 'poison-topic') this.outputs.push({ topic: `${this.#topic}.absent`, partition: 0, key, value: Buffer.from(id) })
    this.#change({ type: 'in', id, key, count, dueMs: kind === 'timer' ? dueMs : 0, position: positionOf(record) })
    if (kind !== 'defer') return
    this.newlyDeferred.push({ id, key, dueMs })
    this.#deferrals.push({ key: id, value: Buffer.from(JSON.stringify({ key, dueMs })) })
  }

  due (type: 'timer' | 'released', id: string, key: string, dueMs: number): void {
    this.#output({ type, id, key, dueMs })
    this.#change({ type, id, key, count: 0, dueMs: 0, position: '' })
    if (type === 'timer') return
    this.released.push(id)
    this.#tombstones.push({ key: id, value: null })
  }

  poisoned (record: InputRecord, error: Error): void {
    const { id, key, seq } = JSON.parse(record.value!.toString()) as InputValue
    this.#output({ type: 'poisoned', id, key, lane: record.lane, seq }, error.message)
    this.#change({ type: 'poisoned', id, key, count: 0, dueMs: 0, position: positionOf(record) })
  }

  #output (value: Partial<OutputValue>, reason = ''): void {
    const whole = { count: 0, lane: 0, seq: 0, dueMs: 0, inputAtMs: 0, ...value, by: this.#by, reason }
    this.outputs.push({ topic: this.#topic, partition: this.#task, key: whole.key!, value: Buffer.from(JSON.stringify(whole)) })
  }

  #change (change: ChangeValue): void {
    this.changes.push(change)
    this.changelog.push({ key: change.id, value: Buffer.from(JSON.stringify(change)) })
  }
}

const positionOf = ({ topic, partition, offset }: InputRecord): string => `${topic}/${partition}/${offset}`
