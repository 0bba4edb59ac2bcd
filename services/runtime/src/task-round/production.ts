// A round's plan as the messages to produce, checked before a transaction is begun.
//
// Invariants:
//   D1. What a round sends to one partition in one request is one batch and stays below `batchBytesMax`, because the broker's
//       bound on messages holds for the batch. What is more goes into a further wave.
//   D2. The changelog's records are one batch, and so are the deferred topic's: between two batches the marker of an
//       earlier transaction may land, and offsets would not be consecutive.
import { CodedError } from '../errors.ts'
import type { BatchMessage } from '../record-batch.ts'
import type { TaskRoundErrorCode } from './failures.ts'
import type { KeyedRecord, OutputRecord, RoundPlan } from './task-logic.ts'

/** What is produced at once: one batch a partition. */
export type Wave = readonly PartitionMessages[]

export interface PartitionMessages { readonly topic: string, readonly partition: number, readonly messages: readonly BatchMessage[] }

export interface ProductionTarget {
  readonly task: number
  readonly changelogTopic: string
  readonly deferredTopic: string
  readonly batchBytesMax: number
}

/** What a record adds to its batch beside key, value and headers, at most. */
const recordOverheadBytes = 32

interface Slot { wave: number, bytes: number, messages: BatchMessage[] }

export function productionOf (plan: RoundPlan, target: ProductionTarget): Wave[] {
  const waves: PartitionMessages[][] = []
  const slots = new Map<string, Slot[]>()
  for (const output of plan.outputs) {
    const { topic, partition, key, value, headers } = output
    const bytes = checkedSize(output)
    const slot = slotOf(slots, topic, partition)
    if (slot.wave < 0 || slot.bytes + bytes > target.batchBytesMax) {
      slot.wave++
      slot.bytes = 0
      slot.messages = []
      const wave = waves[slot.wave] ??= []
      wave.push({ topic, partition, messages: slot.messages })
    }
    slot.bytes += bytes
    slot.messages.push(headers === undefined ? { key, value } : { key, value, headers })
  }
  addOwn(waves, plan.changelog, target.changelogTopic, target)
  addOwn(waves, plan.deferred, target.deferredTopic, target)
  return waves
}

function addOwn (waves: PartitionMessages[][], records: readonly KeyedRecord[], topic: string, { task, batchBytesMax }: ProductionTarget): void {
  if (records.length === 0) return
  let bytes = 0
  for (const { key, value } of records) {
    if (typeof key !== 'string' || !isValue(value)) throw invalid(`a record for ${topic} has no key or a wrong value`)
    bytes += recordOverheadBytes + Buffer.byteLength(key) + (value?.length ?? 0)
  }
  if (bytes > batchBytesMax) {
    throw new CodedError<TaskRoundErrorCode>('ROUND_TOO_LARGE', `a round has ${bytes} bytes for ${topic}, more than the ${batchBytesMax} of a batch`)
  }
  const first = waves[0] ??= []
  first.push({ topic, partition: task, messages: records })
}

function slotOf (slots: Map<string, Slot[]>, topic: string, partition: number): Slot {
  let ofTopic = slots.get(topic)
  if (ofTopic === undefined) slots.set(topic, ofTopic = [])
  return ofTopic[partition] ??= { wave: -1, bytes: 0, messages: [] }
}

/** Checked here, because in an encoder a wrong one fails somewhere inside, like a bug of its own. */
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
