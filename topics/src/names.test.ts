import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { agentTopics } from './desired-topics.ts'
import { checkAgentName, checkNamespace, topicNames } from './names.ts'

const agentName = fc.stringMatching(/^[a-z][a-z0-9-]{1,62}$/)

describe('an agent\'s name', () => {
  test.each(['intent-decoder', 'ab', 'a1', 'planner2', `a${'b'.repeat(62)}`])('%s is fine', name => {
    expect(checkAgentName(name)).toBeUndefined()
  })

  test.each([
    ['', 'needs a name'], ['a', 'two characters'], ['a.b', 'dot'], ['a_b', 'underscore'], ['Ab', 'lower-case'], ['1a', 'beginning with a letter'],
    ['-ab', 'beginning with a letter'], ['a b', 'lower-case'], ['ä-bot', 'lower-case'], ['ab\n', 'lower-case'], [`a${'b'.repeat(63)}`, '64 characters']
  ])('%j is refused with the reason', (name, reason) => {
    expect(checkAgentName(name)).toContain(reason)
  })

  test('gives names that Kafka takes, whatever the name and however long the namespace', () => {
    fc.assert(fc.property(agentName, fc.integer({ min: 1, max: 176 }), (name, length) => {
      const topics = agentTopics({ name, inboxPartitions: 4, answersPartitions: 8 }, { namespace: 'n'.repeat(length), replicationFactor: 1 })
      for (const topic of topics) expect(topic.name).toMatch(/^[a-zA-Z0-9._-]{1,249}$/)
    }))
  })

  test('never gives two agents topics that collide, even where `.` and `_` are one', () => {
    const flat = (name: string): string[] => agentTopics({ name, inboxPartitions: 1, answersPartitions: 1 }, { namespace: 'mesh', replicationFactor: 1 })
      .map(topic => topic.name.replaceAll('.', '_'))
    fc.assert(fc.property(agentName, agentName, (one, other) => {
      fc.pre(one !== other)
      expect(new Set([...flat(one), ...flat(other)]).size).toBe(10)
    }))
  })
})

describe('a namespace', () => {
  test('goes in front of every name', () => {
    const names = topicNames('t-1')
    expect([...names.dispatchAll, names.audit, names.inbox('ab', 2), names.answers('ab'), names.deadLetter])
      .toEqual(['t-1.dispatch.p0', 't-1.dispatch.p1', 't-1.dispatch.p2', 't-1.dispatch.p3', 't-1.audit', 't-1.inbox.ab.p2', 't-1.answers.ab', 't-1.dead-letter'])
  })

  test.each([['', 'lower-case'], ['a.b', 'lower-case'], ['a_b', 'lower-case'], ['n'.repeat(177), 'leave room for 176']])('%j is refused', (namespace, reason) => {
    expect(checkNamespace(namespace)).toContain(reason)
    expect(() => topicNames(namespace)).toThrow(reason)
  })
})
