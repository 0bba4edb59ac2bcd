import { expect, test } from '@jest/globals'
import type { Kafka } from 'kafkajs'
import { resolveOptions, type TaskRunnerOptions } from './options.ts'

const note = () => undefined
const options: TaskRunnerOptions = {
  kafka: () => ({}) as Kafka, groupId: 'g', clientId: 'c', instanceName: 'i', transactionalIdPrefix: 't', inputTopics: ['a', 'b'], changelogTopic: 'c', deferredTopic: 'd',
  taskCount: 2, createLogic: () => { throw new Error('not asked') }, logger: { info: note, warn: note, error: note, debug: note }
}

test('bounds that aren\'t given follow the size of a round', () => {
  expect(resolveOptions({ ...options, roundRecordsMax: 10 })).toMatchObject({ urgentRecordsMax: 10, laneRecordsMax: 20, sessionTimeoutMs: 6_000 })
})

test('every problem is told at once', () => {
  const wrong = { ...options, taskCount: 0, deferredTopic: 'a', heartbeatIntervalMs: 5_000, laneRecordsMax: 1 }
  expect(() => resolveOptions(wrong)).toThrow(/named twice.*taskCount is 0.*heartbeatIntervalMs.*laneRecordsMax/)
})
