// Every kind of bad input through the real topics: a typed outcome, an audit event, and the partition goes on.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Dispatch, ReasonCode } from '@mesh/schemas'
import { limits, partitionFor } from '@mesh/topics'
import { MeshStand, offering, registration, request, responseTo, taskCount } from './mesh-stand.ts'

const stand = new MeshStand()
const workflowId = 'bad-input'
const partition = partitionFor(workflowId, taskCount)
const from = (change: Partial<Dispatch> = {}) => request({ workflowId, ...change })

beforeAll(async () => {
  await stand.open([
    registration('asker', { dependencies: ['look'] }),
    registration('looker', { capabilities: [offering('look'), offering('paint')] })
  ])
  stand.startCoordinator('c1')
})
afterAll(() => stand.close())

interface RawRecord {
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers?: Record<string, string>
  readonly lane?: number
  readonly partition?: number
}

/** Writes one bad record and then a good one to the same partition; answers the event of the bad, once the good one arrived. */
async function write (raw: RawRecord) {
  const { key, value, headers, lane = 1 } = raw
  const topic = stand.names.dispatch(lane)
  const at = raw.partition ?? partition
  const message = { key, value, partition: at, ...headers === undefined ? {} : { headers } }
  const [metadata] = await stand.producer.send({ topic, acks: -1, messages: [message] })
  const next = from({ priority: lane })
  if (at === partition) await stand.send(next)
  const eventId = `${topic}/${at}/${metadata!.baseOffset}`
  await stand.until(`a decision on ${eventId}`, () => stand.audit.some(({ value: event }) => event.eventId === eventId))
  if (at === partition) await stand.until('the next dispatch arriving', () => hasReached(next.dispatchId))
  return stand.audit.filter(({ value: event }) => event.eventId === eventId).map(({ value: event }) => event)
}

const dispatched = (dispatch: Dispatch, change: Partial<RawRecord> = {}): RawRecord => ({ key: dispatch.workflowId, value: stand.signed(dispatch), ...change })
const hasReached = (dispatchId: string) => stand.inbox.some(({ value: { dispatch } }) => dispatch.dispatchId === dispatchId)

test.each<[string, () => RawRecord, ReasonCode]>([
  ['a null key', () => dispatched(from(), { key: null }), 'NULL_KEY'],
  ['a null value', () => ({ key: workflowId, value: null }), 'NULL_VALUE'],
  ['garbage bytes', () => ({ key: workflowId, value: Buffer.from('not a dispatch at all') }), 'GARBAGE'],
  ['an empty value', () => ({ key: workflowId, value: Buffer.alloc(0) }), 'GARBAGE'],
  ['an unknown schema id', () => ({ key: workflowId, value: Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1, 2]) }), 'UNKNOWN_SCHEMA_ID'],
  ['a valid id of another record', () => ({ key: workflowId, value: stand.codec.encode('AuditStory', { events: [], eventsDropped: 0 }) }), 'WRONG_RECORD'],
  ['an oversized value', () => ({ key: workflowId, value: Buffer.alloc(limits.dispatchValueBytesMax + 1) }), 'VALUE_TOO_LARGE'],
  ['oversized headers', () => dispatched(from(), { headers: { big: 'x'.repeat(limits.headerBytesMax) } }), 'HEADERS_TOO_LARGE']
])('%s is refused by its position and kept as a dead letter', async (_, record, code) => {
  const events = await write(record())
  expect(events).toMatchObject([{ decision: 'refused', outcome: 'refused', reason: code, dispatchId: null, workflowId: null }])
  await stand.until('the dead letter', () => stand.deadLetters.some(({ key, value }) => key === events[0]!.eventId && value.code === code))
})

test.each<[string, () => RawRecord, ReasonCode, 'told' | 'untold']>([
  ['an undeclared capability', () => dispatched(from({ capability: 'paint' })), 'UNDECLARED_DEPENDENCY', 'told'],
  ['an unknown agent', () => dispatched(from({ source: 'stranger' })), 'UNKNOWN_SOURCE', 'untold'],
  ['a body priority other than the topic\'s', () => dispatched(from({ priority: 0 })), 'PRIORITY_MISMATCH', 'told'],
  ['a key other than the workflow', () => dispatched(from(), { key: 'another' }), 'KEY_MISMATCH', 'told'],
  ['a partition other than the key\'s', () => dispatched(from(), { partition: (partition + 1) % taskCount }), 'KEY_MISMATCH', 'told'],
  ['a deadline in the past', () => dispatched(from({ ttlMs: -1 })), 'DEADLINE_PASSED', 'told'],
  ['a deadline absurdly far', () => dispatched(from({ ttlMs: limits.ttlMsMax * 10 })), 'DEADLINE_TOO_FAR', 'told'],
  ['a time of issue in the future', () => dispatched(from({ issuedAtMs: Date.now() + 3_600_000 })), 'ISSUED_IN_FUTURE', 'told'],
  ['a reply partition out of range', () => dispatched(from({ replyPartition: 99 })), 'REPLY_PARTITION_RANGE', 'untold'],
  ['a negative reply partition', () => dispatched(from({ replyPartition: -1 })), 'REPLY_PARTITION_RANGE', 'untold'],
  ['a reply for an unknown dispatch', () => dispatched(responseTo(from())), 'REPLY_UNKNOWN', 'told']
])('%s is refused, audited, and told to the source where it can be', async (_, record, code, told) => {
  const [event, ...more] = await write(record())
  expect(event).toMatchObject({ decision: 'refused', outcome: 'refused', reason: code })
  expect(more).toEqual([])
  expect(hasReached(event!.dispatchId!)).toBe(false)
  const notices = () => stand.answers.filter(({ value: { notice } }) => notice?.dispatchId === event!.dispatchId)
  if (told === 'told') await stand.until('the source being told', () => notices().some(({ value: { notice } }) => notice?.code === code))
  else expect(notices()).toEqual([])
})

test('a duplicate id with the same body is delivered once; with another body it is refused', async () => {
  const first = from()
  await stand.send(first)
  expect(await write(dispatched({ ...first, issuedAtMs: Date.now() }))).toMatchObject([{ decision: 'repeated', reason: 'DUPLICATE', outcome: null }])
  expect(await write(dispatched({ ...first, payload: Buffer.from('{"other":1}') }))).toMatchObject([{ decision: 'refused', reason: 'DUPLICATE_CONFLICT' }])
  expect(stand.inbox.filter(({ value: { dispatch } }) => dispatch.dispatchId === first.dispatchId)).toHaveLength(1)
})

test('a reply from someone who wasn\'t asked, then the right one, then a second one', async () => {
  const asked = from()
  await stand.send(asked)
  expect(await write(dispatched(responseTo(asked, { dispatchId: `${asked.dispatchId}-x`, source: 'asker' })))).toMatchObject([{ reason: 'REPLY_NOT_ASKED' }])
  expect(await write(dispatched(responseTo(asked)))).toMatchObject([{ decision: 'delivered' }])
  expect(await write(dispatched(responseTo(asked, { dispatchId: `${asked.dispatchId}-y` })))).toMatchObject([{ reason: 'REPLY_SECOND' }])
  const replies = stand.answers.filter(({ value: { delivery, dispatch } }) => delivery !== undefined && dispatch?.inReplyTo === asked.dispatchId)
  expect(replies.map(({ partition: at, key }) => ({ at, key }))).toEqual([{ at: 0, key: asked.dispatchId }])
})

test('a request nobody answers ends in a timeout, told once, and its late reply is recorded as late', async () => {
  const asked = from({ ttlMs: 400 })
  await stand.send(asked)
  await stand.until('the timeout', () => stand.answers.some(({ value: { notice } }) => notice?.dispatchId === asked.dispatchId && notice.type === 'timed_out'))
  expect(await write(dispatched(responseTo(asked)))).toMatchObject([{ decision: 'late', reason: 'REPLY_LATE' }])
  const outcomes = stand.audit.filter(({ value: { dispatchId, outcome } }) => dispatchId === asked.dispatchId && outcome !== null)
  expect(outcomes.map(({ value: { outcome } }) => outcome)).toEqual(['timeout'])
})

test('no audit event holds a payload', async () => {
  const secret = 'a telephone number'
  await stand.send(from({ payload: Buffer.from(JSON.stringify({ secret })) }))
  await stand.until('its arrival', () => stand.inbox.some(({ value: { dispatch } }) => dispatch.payload.includes(secret)))
  await stand.until('its event', () => stand.audit.some(({ value: { payloadBytes } }) => payloadBytes > secret.length))
  expect(JSON.stringify(stand.audit)).not.toContain(secret)
})
