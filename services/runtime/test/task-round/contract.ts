// What a plain read-committed reader of the output and the changelog must find, whatever happened to the owners.
//
//   C1. Each input came out once: nothing lost, nothing doubled.
//   C2. Inputs of one key and lane came out in the order in which they were sent.
//   C3. The state behind them was never lost or doubled: counts of a key go up by one.
//   C4. Each timer fired once, each deferred input was released once, none before its time.
//   C5. Each input position has exactly one changelog event, each timer and release too.
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { runAndComeBack } from '../../src/coming-back.ts'
import { type ChangeValue, dueAfterMs, type OutputValue } from './checking-logic.ts'
import type { SentInput } from './load.ts'
import type { RunTopics } from './run-topics.ts'

export interface SeenOutput extends OutputValue {
  readonly partition: number
  readonly appendedAtMs: number
}

const waitMsMax = 60_000

export class ContractReader {
  readonly outputs: SeenOutput[] = []
  readonly changes: ChangeValue[] = []
  readonly #topics: RunTopics
  readonly #consumer: Consumer
  readonly #nextOffsets = new Map<string, number>()
  readonly #watchers = new Set<() => void>()
  #stayAway: () => void = () => undefined

  constructor (kafka: Kafka, topics: RunTopics) {
    this.#topics = topics
    this.#consumer = kafka.consumer({ groupId: `${topics.prefix}.reader`, maxWaitTimeInMs: 20, minBytes: 1, sessionTimeout: 30_000 })
  }

  async start (): Promise<void> {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [this.#topics.output, this.#topics.changelog], fromBeginning: true })
    const run = () => this.#consumer.run({ autoCommit: false, eachBatch: async payload => this.#take(payload) })
    this.#stayAway = await runAndComeBack(this.#consumer, run, { warn: () => undefined })
  }

  close (): Promise<void> {
    this.#stayAway()
    return this.#consumer.disconnect()
  }

  count (type: OutputValue['type'], by?: string): number {
    return this.outputs.filter(output => output.type === type && (by === undefined || output.by === by)).length
  }

  /** Resolves when so many more inputs have come out (of the given worker); rejects when time is up. */
  async seenMore (inputs: number, by?: string): Promise<void> {
    const wanted = this.count('in', by) + inputs
    await this.until(`${wanted} inputs out${by === undefined ? '' : ` by ${by}`}`, () => this.count('in', by) >= wanted)
  }

  async until (what: string, isSo: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        settle()
      }
      const timer = setTimeout(() => end(() => reject(new Error(`not seen within ${waitMsMax} ms: ${what}; ${this.#tally()}`))), waitMsMax)
      const look = () => { if (isSo()) end(resolve) }
      this.#watchers.add(look)
      look()
    })
  }

  /** Resolves when everything that the sent inputs must lead to has been seen. */
  async settled (sent: readonly SentInput[]): Promise<void> {
    const poison = sent.filter(({ kind }) => kind.startsWith('poison')).length
    const timers = sent.filter(({ kind }) => kind === 'timer').length
    const deferred = sent.filter(({ kind }) => kind === 'defer').length
    const events = sent.length + timers + deferred
    await this.until(`${sent.length} inputs, ${timers} timers, ${deferred} releases settled`, () =>
      this.count('in') >= sent.length - poison && this.count('poisoned') >= poison && this.count('timer') >= timers &&
      this.count('released') >= deferred && this.changes.length >= events)
  }

  /** Longest time in which nothing of a partition came out, between its first and its last output, by the broker's clock. */
  longestGapMs (): number {
    const last = new Map<number, number>()
    let longest = 0
    for (const { partition, appendedAtMs } of this.outputs) {
      longest = Math.max(longest, appendedAtMs - (last.get(partition) ?? appendedAtMs))
      last.set(partition, appendedAtMs)
    }
    return longest
  }

  #take ({ batch }: EachBatchPayload): void {
    const place = `${batch.topic}/${batch.partition}`
    for (const { value, timestamp, headers, offset } of batch.messages) {
      // A rejoin begins at the first offset again, because this reader commits nothing.
      if (Number(offset) < (this.#nextOffsets.get(place) ?? 0)) continue
      this.#nextOffsets.set(place, Number(offset) + 1)
      const text = value!.toString()
      if (batch.topic === this.#topics.output) {
        this.outputs.push({ ...JSON.parse(text) as OutputValue, partition: batch.partition, appendedAtMs: Number(timestamp) })
      } else if (headers?.['claim'] === undefined) {
        this.changes.push(JSON.parse(text) as ChangeValue)
      }
    }
    for (const watcher of [...this.#watchers]) watcher()
  }

  #tally (): string {
    return `in ${this.count('in')}, poisoned ${this.count('poisoned')}, timers ${this.count('timer')}, releases ${this.count('released')}, events ${this.changes.length}`
  }
}

/** Everything that breaks the contract; empty when it held. */
export function breaches (sent: readonly SentInput[], { outputs, changes }: Pick<ContractReader, 'outputs' | 'changes'>): string[] {
  return [...outcomeBreaches(sent, outputs), ...orderBreaches(outputs), ...dueBreaches(sent, outputs), ...changeBreaches(sent, changes)]
}

function outcomeBreaches (sent: readonly SentInput[], outputs: readonly SeenOutput[]): string[] {
  const expected = new Map(sent.map(({ id, kind }) => [id, kind.startsWith('poison') ? 'poisoned' : 'in']))
  const found = outputs.filter(({ type }) => type === 'in' || type === 'poisoned')
  const wrong = found.filter(({ id, type }) => expected.get(id) !== type).map(({ id, type }) => `${id} came out as ${type}`)
  return [...wrong, ...notOnce('input', [...expected.keys()], found.map(({ id }) => id))]
}

function orderBreaches (outputs: readonly SeenOutput[]): string[] {
  const found: string[] = []
  const counts = new Map<string, number>()
  const seqs = new Map<string, number>()
  for (const { type, key, lane, seq, count, id } of outputs) {
    if (type !== 'in' && type !== 'poisoned') continue
    const place = `${key} lane ${lane}`
    if (seq <= (seqs.get(place) ?? 0)) found.push(`${id} came out after ${seqs.get(place)} of ${place}`)
    seqs.set(place, seq)
    if (type === 'poisoned') continue
    if (count !== (counts.get(key) ?? 0) + 1) found.push(`${id} was counted ${count} after ${counts.get(key) ?? 0}`)
    counts.set(key, count)
  }
  return found
}

function dueBreaches (sent: readonly SentInput[], outputs: readonly SeenOutput[]): string[] {
  const timers = outputs.filter(({ type }) => type === 'timer')
  const released = outputs.filter(({ type }) => type === 'released')
  const cameAtMs = new Map(outputs.filter(({ type }) => type === 'in').map(({ id, appendedAtMs }) => [id, appendedAtMs]))
  // The input was appended before its output, so its time can't have come earlier than this; a batch may be a little apart.
  const early = [...timers, ...released].filter(({ id, dueMs, appendedAtMs }) => appendedAtMs < dueMs || dueMs > (cameAtMs.get(id) ?? 0) + dueAfterMs)
  return [
    ...notOnce('timer', sent.filter(({ kind }) => kind === 'timer').map(({ id }) => id), timers.map(({ id }) => id)),
    ...notOnce('release', sent.filter(({ kind }) => kind === 'defer').map(({ id }) => id), released.map(({ id }) => id)),
    ...early.map(({ type, id }) => `${type} of ${id} came early`)
  ]
}

function changeBreaches (sent: readonly SentInput[], changes: readonly ChangeValue[]): string[] {
  const ofInputs = changes.filter(({ position }) => position !== '')
  const doubledPositions = repeated(ofInputs.map(({ position }) => position)).map(position => `position ${position} has more than one event`)
  const events = (type: ChangeValue['type'], kind: SentInput['kind']) =>
    notOnce(`${type} event`, sent.filter(input => input.kind === kind).map(({ id }) => id), changes.filter(change => change.type === type).map(({ id }) => id))
  return [
    ...doubledPositions, ...notOnce('input event', sent.map(({ id }) => id), ofInputs.map(({ id }) => id)),
    ...events('timer', 'timer'), ...events('released', 'defer')
  ]
}

function notOnce (what: string, expected: readonly string[], found: readonly string[]): string[] {
  const seen = new Set(found)
  const wanted = new Set(expected)
  return [
    ...expected.filter(id => !seen.has(id)).map(id => `${what} ${id} lost`),
    ...repeated(found).map(id => `${what} ${id} doubled`),
    ...[...seen].filter(id => !wanted.has(id)).map(id => `${what} ${id} was never sent`)
  ]
}

function repeated (ids: readonly string[]): string[] {
  const seen = new Set<string>()
  return ids.filter(id => seen.size === seen.add(id).size)
}
