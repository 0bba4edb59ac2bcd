import { describe, expect, test } from '@jest/globals'
import { type BatchSender, CodedError, type SendDone, type SendRecord } from '@mesh/runtime'
import { type Dispatch, localCodec } from '@mesh/schemas'
import { partitionFor, topicNames } from '@mesh/topics'
import { KafkaCarrier } from './kafka-carrier.ts'
import { Sealing } from './sealing.ts'

const codec = localCodec()
const sealing = new Sealing(codec, undefined)
const dispatch = (change: Partial<Dispatch> = {}): Dispatch => ({
  dispatchId: 'd-1', workflowId: 'w-1', parentId: null, inReplyTo: null, chain: [], link: '', type: 'event', source: 'asker', sourceVersion: '1.0.0', sourceInstance: 'asker-1',
  target: null, capability: 'note', priority: 1, issuedAtMs: 0, ttlMs: null, replyPartition: 0, idempotencyKey: null, idleTimeoutMs: null, handlerMs: null, costCapMicros: null, confidence: null, usage: null,
  error: null, contentType: 'application/json', payload: Buffer.from('{}'), ...change
})

/** A sender that keeps what it is handed until told how it went. */
function heldSender () {
  const held: { record: SendRecord, done: SendDone }[] = []
  const sender: BatchSender = { send: (record, done) => { held.push({ record, done }) }, flush: async () => {}, close: async () => {} }
  return { held, carrier: new KafkaCarrier({ sender, codec, names: topicNames('mesh'), dispatchPartitions: 4, sealing }) }
}

describe('the Kafka carrier', () => {
  test('writes to the topic of the priority, with the workflow as key and partition', async () => {
    const { held, carrier } = heldSender()
    const sending = carrier.send(dispatch())
    const { record, done } = held[0]!
    expect(record).toMatchObject({ topic: 'mesh.dispatch.p1', key: 'w-1', partition: partitionFor('w-1', 4) })
    expect(codec.decode('Dispatch', record.value!)).toEqual(dispatch())
    done()
    await sending
  })

  test('hands over no more bytes at once than a batch may have, and keeps the order', async () => {
    const { held, carrier } = heldSender()
    const payload = Buffer.alloc(300 * 1024)
    const sends = ['a', 'b', 'c'].map(dispatchId => carrier.send(dispatch({ dispatchId, payload })))
    expect(held).toHaveLength(2)
    held[0]!.done()
    expect(held).toHaveLength(3)
    for (const { done } of held.slice(1)) done()
    await Promise.all(sends)
    expect(held.map(({ record }) => codec.decode('Dispatch', record.value!).dispatchId)).toEqual(['a', 'b', 'c'])
  })

  test.each([
    ['SEND_FAILED', 'SEND_FAILED', true], ['QUEUE_FULL', 'QUEUE_FULL', true], ['CLOSED', 'STOPPED', true]
  ] as const)('%s of the sender is %s to the author', async (code, told, retriable) => {
    const { held, carrier } = heldSender()
    const sending = carrier.send(dispatch())
    held[0]!.done(new CodedError(code, 'm'))
    await expect(sending).rejects.toMatchObject({ code: told, retriable, dispatchId: 'd-1', capability: 'note' })
  })

  test('refuses more than it can keep', async () => {
    const { carrier } = heldSender()
    const payload = Buffer.alloc(400 * 1024)
    void carrier.send(dispatch({ payload }))
    for (let index = 0; index < 10_000; index++) void carrier.send(dispatch({ payload: index === 0 ? payload : Buffer.alloc(1) }))
    await expect(carrier.send(dispatch())).rejects.toMatchObject({ code: 'QUEUE_FULL', retriable: true })
  })
})

test('a sender that refuses at once is asked once for each', async () => {
  const asked: SendRecord[] = []
  const sender: BatchSender = {
    send: (record, done) => {
      asked.push(record)
      done(new CodedError('CLOSED', 'closed'))
    },
    flush: async () => {}, close: async () => {}
  }
  const carrier = new KafkaCarrier({ sender, codec, names: topicNames('mesh'), dispatchPartitions: 4, sealing })
  await Promise.allSettled(['a', 'b', 'c'].map(dispatchId => carrier.send(dispatch({ dispatchId }))))
  expect(asked).toHaveLength(3)
})
