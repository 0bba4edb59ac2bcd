import { beforeEach, describe, expect, test } from '@jest/globals'
import { type LogEntry, logLevel } from 'kafkajs'
import { kafkaLog, kindOf } from './kafka-log.ts'
import { createLogger } from './logger.ts'

const entry = (namespace: string, message: string, more: object = {}, level = logLevel.ERROR): LogEntry =>
  ({ namespace, level, label: '', log: { timestamp: '', message, ...more } })

describe('what kafkajs calls an error', () => {
  test.each([
    ['Connection', 'Response AddOffsetsToTxn(key: 25, version: 1)', { error: 'The producer attempted to update a transaction while another concurrent operation on the same transaction was ongoing' }],
    ['Connection', 'Response FindCoordinator(key: 10, version: 2)', { error: 'The group coordinator is not available' }],
    ['Runner', 'The group is rebalancing, re-joining', {}],
    ['Runner', 'The coordinator is not aware of this member, re-joining the group', {}],
    ['Consumer', 'Restarting the consumer in 5ms', {}],
    ['Producer', 'Failed to send messages: This server is not the leader for that topic-partition', {}]
  ])('%s "%s" is routine', (namespace, message, more) => {
    expect(kindOf(entry(namespace, message, more))).toBe('routine')
  })

  test.each([
    ['Connection', 'Connection error: connect ECONNREFUSED 127.0.0.1:9092'],
    ['Connection', 'Connection timeout'],
    ['BrokerPool', 'Failed to connect to seed broker, trying another broker from the list: Connection error: getaddrinfo ENOTFOUND kafka']
  ])('%s "%s" is a broker out of reach', (namespace, message) => {
    expect(kindOf(entry(namespace, message))).toBe('unreachable')
  })

  test('what stops a consumer is never routine', () => {
    expect(kindOf(entry('Consumer', 'Crash: KafkaJSGroupCoordinatorNotFound: Failed to find group coordinator'))).toBe('warn')
  })

  test('anything else keeps its level', () => {
    expect(kindOf(entry('Producer', 'The request included a message larger than the max message size'))).toBe('error')
    expect(kindOf(entry('Runner', 'something new', {}, logLevel.WARN))).toBe('warn')
    expect(kindOf(entry('Runner', 'Starting', {}, logLevel.INFO))).toBe('routine')
  })
})

describe('the log of a client', () => {
  let lines: Record<string, unknown>[]
  let nowMs: number
  let log: (entry: LogEntry) => void
  beforeEach(() => {
    lines = []
    nowMs = 0
    log = kafkaLog(createLogger({ name: 'x', level: 'info' }, { write: line => { lines.push(JSON.parse(line)) } }), () => nowMs)
  })

  test('says once in ten seconds that a broker is out of reach, and how often it was left out', () => {
    for (nowMs = 0; nowMs <= 10_000; nowMs += 500) log(entry('BrokerPool', 'Failed to connect to broker, reconnecting'))
    expect(lines.map(({ level, leftOut }) => [level, leftOut])).toEqual([['warn', 0], ['warn', 19]])
  })

  test('leaves requests and responses out', () => {
    log(entry('Producer', 'refused', { payload: 'hush', data: 'hush', clientId: 'c', error: 'no' }))
    expect(lines).toEqual([expect.objectContaining({ level: 'error', kafka: 'Producer', clientId: 'c', reason: 'no', msg: 'refused' })])
    expect(JSON.stringify(lines)).not.toContain('hush')
  })

  test('shows the error of a failed callback', () => {
    log(entry('Runner', 'Error when calling eachBatch', { error: new TypeError('not a function'), topic: 't', partition: 3 }))
    expect(lines).toEqual([expect.objectContaining({ topic: 't', partition: 3, err: expect.objectContaining({ type: 'TypeError', message: 'not a function' }) })])
  })
})
