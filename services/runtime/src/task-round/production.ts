// A round's plan as the messages to produce, checked before a transaction is begun.
//
// Invariants:
//   D1. Every message names its partition: kafkajs may move a record without a key to another partition on a retry.
//   D2. What a round sends to one partition in one request stays below `batchBytesMax`, because kafkajs makes one batch
//       of it, and the broker's bound on messages holds for the batch. What is more goes into a further wave.
//   D3. The changelog's records are one batch, and so are the deferred topic's: between two batches the marker of an
//       earlier transaction may land, and offsets would not be consecutive.
import type { Message, TopicMessages } from 'kafkajs'
import { CodedError } from '../errors.ts'
import type { TaskRoundErrorCode } from './failures.ts'
import type { KeyedRecord, OutputRecord, RoundPlan } from './task-logic.ts'

/** One produce request; `partitions` of them must be answered. */
export interface Wave {
  readonly topicMessages: readonly TopicMessages[]
  readonly partitions: number
}

export interface ProductionTarget {
  readonly task: number
  readonly changelogTopic: string
  readonly deferredTopic: string
  readonly batchBytesMax: number
}

/** What a record adds to its batch beside key, value and headers, at most. */
const recordOverheadBytes = 32

class WaveBuilder {
  readonly #topics = new Map<string, Message[]>()
  partitions = 0

  add (topic: string, message: Message): void {
    const messages = this.#topics.get(topic)
    if (messages === undefined) this.#topics.set(topic, [message])
    else messages.push(message)
  }

  built (): Wave {
    return { topicMessages: [...this.#topics].map(([topic, messages]) => ({ topic, messages })), partitions: this.partitions }
  }
}

interface Slot { wave: number, bytes: number }

export function productionOf (plan: RoundPlan, target: ProductionTarget): Wave[] {
  const waves: WaveBuilder[] = []
  const slots = new Map<string, Slot[]>()
  for (const output of plan.outputs) {
    const { topic, partition, key, value, headers } = output
    const bytes = checkedSize(output)
    const slot = slotOf(slots, topic, partition)
    if (slot.wave < 0 || slot.bytes + bytes > target.batchBytesMax) {
      slot.wave++
      slot.bytes = 0
      waves[slot.wave] ??= new WaveBuilder()
      waves[slot.wave]!.partitions++
    }
    slot.bytes += bytes
    waves[slot.wave]!.add(topic, headers === undefined ? { key, value, partition } : { key, value, partition, headers })
  }
  addOwn(waves, plan.changelog, target.changelogTopic, target)
  addOwn(waves, plan.deferred, target.deferredTopic, target)
  return waves.map(wave => wave.built())
}

function addOwn (waves: WaveBuilder[], records: readonly KeyedRecord[], topic: string, { task, batchBytesMax }: ProductionTarget): void {
  if (records.length === 0) return
  waves[0] ??= new WaveBuilder()
  waves[0].partitions++
  let bytes = 0
  for (const { key, value } of records) {
    if (typeof key !== 'string' || !isValue(value)) throw invalid(`a record for ${topic} has no key or a wrong value`)
    bytes += recordOverheadBytes + Buffer.byteLength(key) + (value?.length ?? 0)
    waves[0].add(topic, { key, value, partition: task })
  }
  if (bytes > batchBytesMax) {
    throw new CodedError<TaskRoundErrorCode>('ROUND_TOO_LARGE', `a round has ${bytes} bytes for ${topic}, more than the ${batchBytesMax} of a batch`)
  }
}

function slotOf (slots: Map<string, Slot[]>, topic: string, partition: number): Slot {
  let ofTopic = slots.get(topic)
  if (ofTopic === undefined) slots.set(topic, ofTopic = [])
  return ofTopic[partition] ??= { wave: -1, bytes: 0 }
}

/** Checked here, because in kafkajs a wrong one fails somewhere inside, like a bug of its own. */
function checkedSize ({ topic, partition, key, value, headers }: OutputRecord): number {
  if (typeof topic !== 'string' || topic === '') throw invalid('an output names no topic')
  if (!Number.isInteger(partition) || partition < 0) throw invalid(`an output for ${topic} names partition ${partition}`)
  if (!(key === null || typeof key === 'string' || Buffer.isBuffer(key)) || !isValue(value)) throw invalid(`an output for ${topic} has a wrong key or value`)
  let bytes = recordOverheadBytes + sizeOf(key) + (value?.length ?? 0)
  if (headers === undefined) return bytes
  for (const [name, header] of Object.entries(headers)) {
    if (typeof header !== 'string' && !Buffer.isBuffer(header)) throw invalid(`an output for ${topic} has a wrong header: ${name}`)
    bytes += sizeOf(name) + sizeOf(header) + 4
  }
  return bytes
}

const isValue = (value: unknown): boolean => value === null || Buffer.isBuffer(value)
const sizeOf = (text: string | Buffer | null): number => text === null ? 0 : typeof text === 'string' ? Buffer.byteLength(text) : text.length
const invalid = (problem: string): CodedError<TaskRoundErrorCode> => new CodedError<TaskRoundErrorCode>('OUTPUT_INVALID', problem)
