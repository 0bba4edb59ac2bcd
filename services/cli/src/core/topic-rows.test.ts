import { describe, expect, test } from '@jest/globals'
import { catalogue } from '@mesh/topics'
import { plainPaint } from './paint.ts'
import { isOurGroup, topicLines, topicRows, topicSummary, type ObservedTopic } from './topic-rows.ts'

const observed = (topic: string, ...positions: readonly (readonly [low: number, high: number])[]): ObservedTopic =>
  ({ topic, partitions: positions.map(([low, high], partition) => ({ partition, low, high })) })
const commit = (group: string, topic: string, partition: number, offset: number) => ({ group, topic, partition, offset })
const lineOf = (topic: string, topics: readonly ObservedTopic[], commits: Parameters<typeof topicLines>[2] = []) => topicLines('mesh', topics, commits).find(line => line.topic === topic)

describe('a topic\'s line', () => {
  test('counts what lies in it, and says its key and owner', () => {
    expect(lineOf('mesh.dispatch.p0', [observed('mesh.dispatch.p0', [10, 15], [0, 2])]))
      .toEqual({ topic: 'mesh.dispatch.p0', partitions: 2, records: 7, lag: {}, key: 'workflow id', owner: 'agents', isMissing: false })
  })

  test('has each group\'s lag: from its commit, from the earliest record where it has none or that is gone', () => {
    const topic = 'mesh.inbox.memory.p1'
    const commits = [commit('memory.inbox', topic, 0, 14), commit('memory.inbox', topic, 1, -1), commit('other', topic, 0, 3), commit('other', topic, 9, 3)]
    expect(lineOf(topic, [observed(topic, [10, 15], [4, 6])], commits)).toMatchObject({ lag: { 'memory.inbox': 3, other: 5 }, key: 'workflow id', owner: 'coordinator' })
  })

  test('has no lag where a coordinator\'s commit only marks what it must restore', () => {
    expect(lineOf('mesh.audit', [observed('mesh.audit', [0, 100])], [commit('mesh.coordinator', 'mesh.audit', 0, 2)])?.lag).toEqual({})
  })

  test('is there for what is missing, and for what no catalogue knows', () => {
    const lines = topicLines('mesh', [observed('mesh.whatever', [0, 1]), observed('mesh.inbox.a.b.p0', [0, 1])], [])
    expect(lines.filter(({ isMissing }) => isMissing)).toHaveLength(catalogue.length)
    expect(lines.filter(({ owner }) => owner === null).map(({ topic }) => topic)).toEqual(['mesh.inbox.a.b.p0', 'mesh.whatever'])
    expect(topicSummary(lines)).toContain(`${catalogue.length} missing`)
  })
})

test('rows are as wide as the headings, and lag stands on a line a group', () => {
  const topic = 'mesh.inbox.memory.p1'
  const lines = topicLines('mesh', [observed(topic, [0, 5])], [commit('memory.inbox', topic, 0, 5), commit('old.inbox', topic, 0, 1)])
  expect(topicRows(lines, plainPaint).find(([name]) => name === topic)).toEqual([topic, '1', '5', '0 memory.inbox\n4 old.inbox', 'workflow id', 'coordinator'])
})

test.each([
  ['mesh.coordinator', true], ['memory.inbox', true], ['memories.inbox', false], ['meshed.coordinator', false], ['memory', false], ['', false]
])('the group %j has to do with the mesh: %p', (group, expected) => {
  expect(isOurGroup(group, 'mesh', ['mesh.inbox.memory.p0', 'mesh.audit'])).toBe(expected)
})
