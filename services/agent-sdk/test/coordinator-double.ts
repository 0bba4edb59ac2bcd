// A test double of the coordinator behind its topics: enough of one that an SDK can be tested on a real broker without it.
// Not exactly once, one process, no audit: it passes dispatches on, remembers who asked, and refuses what isn't declared.
import { type Codec, type Delivery, type Dispatch, type Notice, type ReasonCode, reasonCodes } from '@mesh/schemas'
import { partitionFor, type TopicNames } from '@mesh/topics'
import { Kafka, logLevel, type Message, type Producer } from 'kafkajs'
import { randomUUID } from 'node:crypto'
import type { RegistryDouble } from './registry-double.ts'

export interface CoordinatorDouble {
  /** Every dispatch read, in order of reading. */
  readonly seen: readonly Dispatch[]
  stop (): Promise<void>
}

export interface CoordinatorDoubleOptions {
  readonly brokers: readonly string[]
  readonly names: TopicNames
  readonly codec: Codec
  readonly registry: RegistryDouble
}

export async function startCoordinatorDouble (options: CoordinatorDoubleOptions): Promise<CoordinatorDouble> {
  const { names, codec, registry } = options
  const kafka = new Kafka({ brokers: [...options.brokers], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 5, retries: 40 } })
  const consumer = kafka.consumer({ groupId: `${names.namespace}.double.${randomUUID()}`, maxWaitTimeInMs: 20 })
  const producer: Producer = kafka.producer()
  const seen: Dispatch[] = []
  /** Where the answer of a pending request goes; undefined once it is answered. */
  const asked = new Map<string, { source: string, partition: number } | undefined>()

  const pass = (body: Buffer, dispatch: Dispatch, source: string, offset: number): { topic: string, message: Message } | undefined => {
    const nowMs = Date.now()
    const ingress = { topic: names.dispatch(dispatch.priority), partition: 0, offset }
    const deliver = (target: string): Buffer => {
      const delivery: Delivery = {
        dispatch: codec.decode('SignedDispatch', body),
        decision: {
          ingress, appendedAtMs: nowMs, decidedAtMs: nowMs, deadlineAtMs: dispatch.ttlMs === null ? null : nowMs + dispatch.ttlMs, attempt: 1,
          target, targetVersion: '1.0.0', controlOffset: 0
        }
      }
      return codec.encode('Delivery', delivery)
    }
    const refuse = (code: ReasonCode): { topic: string, message: Message } => {
      const notice: Notice = {
        type: 'refused', dispatchId: dispatch.dispatchId, workflowId: dispatch.workflowId, sourceInstance: dispatch.sourceInstance, code, message: code,
        retriable: reasonCodes[code].retriable, retryAfterMs: null, ingress
      }
      return { topic: names.answers(source), message: { key: dispatch.dispatchId, partition: dispatch.replyPartition!, value: codec.encode('Notice', notice) } }
    }
    if (dispatch.inReplyTo !== null) {
      const asker = asked.get(dispatch.inReplyTo)
      if (asker === undefined) return undefined
      asked.set(dispatch.inReplyTo, undefined)
      return { topic: names.answers(asker.source), message: { key: dispatch.inReplyTo, partition: asker.partition, value: deliver(asker.source) } }
    }
    if (registry.agents.get(source)?.dependencies.includes(dispatch.capability) !== true) return refuse('UNDECLARED_DEPENDENCY')
    const target = [...registry.agents.values()].find(agent => agent.offers.includes(dispatch.capability))
    if (target === undefined) return refuse('UNKNOWN_CAPABILITY')
    const isRepeat = asked.has(dispatch.dispatchId)
    if (isRepeat && (dispatch.type === 'event' || asked.get(dispatch.dispatchId) === undefined)) return dispatch.type === 'event' ? undefined : refuse('DUPLICATE')
    asked.set(dispatch.dispatchId, dispatch.type === 'request' ? { source, partition: dispatch.replyPartition! } : undefined)
    if (isRepeat) return undefined
    const partition = partitionFor(dispatch.workflowId, target.inboxPartitions)
    return { topic: names.inbox(target.name, dispatch.priority), message: { key: dispatch.workflowId, partition, value: deliver(target.name) } }
  }

  await Promise.all([consumer.connect(), producer.connect()])
  await consumer.subscribe({ topics: [...names.dispatchAll], fromBeginning: true })
  const joined = new Promise<void>(resolve => { consumer.on(consumer.events.GROUP_JOIN, () => resolve()) })
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const out = batch.messages.flatMap(message => {
        const dispatch = codec.decode('Dispatch', codec.decode('SignedDispatch', message.value!).body)
        seen.push(dispatch)
        return pass(message.value!, dispatch, dispatch.source, Number(message.offset)) ?? []
      })
      if (out.length > 0) await producer.sendBatch({ topicMessages: out.map(({ topic, message }) => ({ topic, messages: [message] })) })
    }
  })
  await joined
  return { seen, stop: async () => { await Promise.all([consumer.disconnect(), producer.disconnect()]) } }
}
