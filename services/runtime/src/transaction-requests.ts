// The requests of a transaction in Kafka's second protocol for them (KIP-890): what is produced and committed adds itself to
// the transaction, and each end gives the producer a new epoch. kafkajs knows the first protocol only, in which both are
// asked for apart: five requests one after another instead of two side by side and one.
//
// Formats: Kafka's protocol guide; all are flexible versions (KIP-482).
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { batchSizes, type BatchMessage, writeBatch } from './record-batch.ts'

/** One request with its answer; `bytesMax` bounds its body. */
export interface ApiRequest<Answer> {
  readonly apiKey: number
  readonly apiName: string
  readonly apiVersion: number
  readonly bytesMax: number
  write (to: ByteWriter): void
  read (from: ByteReader): Answer
}

export interface ProducerEpoch { readonly producerId: bigint, readonly producerEpoch: number }
export interface TransactionalProducer extends ProducerEpoch { readonly transactionalId: string }

export interface PartitionOffset { readonly topic: string, readonly partition: number, readonly offset: number }
export interface PartitionBatch {
  readonly topic: string
  readonly partition: number
  readonly firstSequence: number
  readonly messages: readonly BatchMessage[]
}

export interface PartitionError { readonly topic: string, readonly partition: number, readonly errorCode: number }
export interface Produced extends PartitionError {
  readonly baseOffset: number
  /** Undefined where the topic keeps its producers' time. */
  readonly appendedAtMs: number | undefined
}

/** What the least of these needs to be had: Kafka 4.0 with its feature transaction.version at 2. */
export const transactionVersionLeast = 2
const transactionFeature = 'transaction.version'
const acksOfAll = -1
/** Numbers, tags and lengths of a request's own, at most. */
const fixedBytes = 64
const perPartitionBytes = 32

/** Finalized level of the feature, 0 where the cluster has none. */
export const transactionVersionRequest = (): ApiRequest<number> => ({
  apiKey: 18, apiName: 'ApiVersions', apiVersion: 3, bytesMax: fixedBytes,
  write (to) {
    to.compactString('kafkajs-transactions')
    to.compactString('1')
    to.noTags()
  },
  read (from) {
    from.int16()
    from.compactArray(() => {
      from.int16()
      from.int32()
      from.tags()
    })
    from.int32()
    let level = 0
    from.tags((tag, field) => {
      if (tag !== finalizedFeaturesTag) return
      field.compactArray(() => {
        const name = field.compactString()
        const levelMax = field.int16()
        field.int16()
        field.tags()
        if (name === transactionFeature) level = levelMax
      })
    })
    return level
  }
})
const finalizedFeaturesTag = 2

/** Fences whoever else has this id, and aborts what they had open. */
export const initProducerRequest = (transactionalId: string, transactionTimeoutMs: number): ApiRequest<ProducerEpoch & { readonly errorCode: number }> => ({
  apiKey: 22, apiName: 'InitProducerId', apiVersion: 4, bytesMax: fixedBytes + Buffer.byteLength(transactionalId),
  write (to) {
    to.compactString(transactionalId)
    to.int32(transactionTimeoutMs)
    to.int64(-1n)
    to.int16(-1)
    to.noTags()
  },
  read (from) {
    from.int32()
    return { errorCode: from.int16(), producerId: from.int64(), producerEpoch: from.int16() }
  }
})

/** Answers the epoch of the next transaction, whose sequences begin at 0 again. */
export const endRequest = (
  { transactionalId, producerId, producerEpoch }: TransactionalProducer
): ApiRequest<ProducerEpoch & { readonly errorCode: number }> => ({
  apiKey: 26, apiName: 'EndTxn', apiVersion: 5, bytesMax: fixedBytes + Buffer.byteLength(transactionalId),
  write (to) {
    to.compactString(transactionalId)
    to.int64(producerId)
    to.int16(producerEpoch)
    to.int8(1)
    to.noTags()
  },
  read (from) {
    from.int32()
    return { errorCode: from.int16(), producerId: from.int64(), producerEpoch: from.int16() }
  }
})

/** Without member and generation: transactional ids fence, not the group. */
export function commitOffsetsRequest (
  producer: TransactionalProducer, groupId: string, offsets: readonly PartitionOffset[]
): ApiRequest<PartitionError[]> {
  const { transactionalId, producerId, producerEpoch } = producer
  const topics = offsets.reduce((bytes, { topic }) => bytes + Buffer.byteLength(topic) + perPartitionBytes, 0)
  return {
    apiKey: 28, apiName: 'TxnOffsetCommit', apiVersion: 5,
    bytesMax: fixedBytes + Buffer.byteLength(transactionalId) + Buffer.byteLength(groupId) + topics,
    write (to) {
      to.compactString(transactionalId)
      to.compactString(groupId)
      to.int64(producerId)
      to.int16(producerEpoch)
      to.int32(-1)
      to.compactString('')
      to.compactString(null)
      to.compactArray(offsets, ({ topic, partition, offset }) => {
        to.compactString(topic)
        to.unsignedVarint(2)
        to.int32(partition)
        to.int64(BigInt(offset))
        to.int32(-1)
        to.compactString(null)
        to.noTags()
        to.noTags()
      })
      to.noTags()
    },
    read (from) {
      from.int32()
      return eachPartition(from, () => ({ partition: from.int32(), errorCode: from.int16() }))
    }
  }
}

/** One batch a partition, acknowledged by all replicas in sync. */
export function produceRequest (
  { transactionalId, producerId, producerEpoch }: TransactionalProducer, batches: readonly PartitionBatch[], timeoutMs: number, nowMs: number
): ApiRequest<Produced[]> {
  const sizes = batches.map(({ messages }) => batchSizes(messages))
  const bytes = batches.reduce((sum, { topic }, i) => sum + Buffer.byteLength(topic) + perPartitionBytes + sizes[i]!.bytes, 0)
  const sized = batches.map((batch, i) => ({ batch, size: sizes[i]! }))
  return {
    apiKey: 0, apiName: 'Produce', apiVersion: 12, bytesMax: fixedBytes + Buffer.byteLength(transactionalId) + bytes,
    write (to) {
      to.compactString(transactionalId)
      to.int16(acksOfAll)
      to.int32(timeoutMs)
      to.compactArray(sized, ({ batch: { topic, partition, firstSequence, messages }, size }) => {
        to.compactString(topic)
        to.unsignedVarint(2)
        to.int32(partition)
        to.unsignedVarint(size.bytes + 1)
        writeBatch(to, messages, size, { isTransactional: true, producerId, producerEpoch, firstSequence }, nowMs)
        to.noTags()
        to.noTags()
      })
      to.noTags()
    },
    read: from => eachPartition(from, () => {
      const partition = from.int32()
      const errorCode = from.int16()
      const baseOffset = Number(from.int64())
      const appendedAtMs = Number(from.int64())
      from.int64()
      from.compactArray(() => {
        from.int32()
        from.compactString()
        from.tags()
      })
      from.compactString()
      return { partition, errorCode, baseOffset, appendedAtMs: appendedAtMs < 0 ? undefined : appendedAtMs }
    })
  }
}

function eachPartition<One extends object> (from: ByteReader, read: () => One): (One & { readonly topic: string })[] {
  const all: (One & { readonly topic: string })[] = []
  from.compactArray(() => {
    const topic = from.compactString() ?? ''
    from.compactArray(() => {
      all.push({ topic, ...read() })
      from.tags()
    })
    from.tags()
  })
  return all
}
