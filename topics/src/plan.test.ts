import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { observedAgentTopics } from './agent-topic.ts'
import { applyPlan } from './apply.ts'
import { agentCatalogue, catalogue } from './catalogue.ts'
import { risk } from './config-change.ts'
import { agentTopics, desiredTopics } from './desired-topics.ts'
import { limits } from './limits.ts'
import { isEmpty, plan } from './plan.ts'
import type { ObservedTopic, TopicChange } from './plan.ts'
import type { DesiredTopic } from './definition.ts'
import { topicsTable } from './topics-table.ts'

const options = { namespace: 'mesh', taskCount: 4, replicationFactor: 1 }
const desired = desiredTopics(options)
const asObserved = ({ name, partitions, replicationFactor, config }: DesiredTopic): ObservedTopic =>
  ({ name, partitions, replicationFactor, config, effective: { 'compression.type': 'producer', ...config } })
const observed = desired.map(asObserved)
const withAudit = (change: Partial<ObservedTopic>): ObservedTopic[] => observed.map(topic => topic.name === 'mesh.audit' ? { ...topic, ...change } : topic)
const withAuditConfig = (changes: Record<string, string | undefined>): ObservedTopic[] => {
  const { config } = observed.find(({ name }) => name === 'mesh.audit')!
  const next = Object.fromEntries(Object.entries({ ...config, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined))
  return withAudit({ config: next, effective: { 'message.timestamp.type': 'CreateTime', 'retention.ms': '604800000', 'cleanup.policy': 'delete', ...next } })
}
const only = (changes: readonly TopicChange[]): TopicChange => {
  expect(changes).toHaveLength(1)
  return changes[0]!
}

describe('a plan', () => {
  test('creates everything on an empty broker, with the reason of each topic', () => {
    const { changes } = plan(desired, [])
    expect(changes).toHaveLength(catalogue.length)
    for (const change of changes) expect(change).toMatchObject({ kind: 'create', impact: 'safe', reason: expect.stringMatching(/.{20}/) })
  })

  test('is empty when the broker has what the catalogue says', () => {
    expect(isEmpty(plan(desired, observed))).toBe(true)
    expect(isEmpty(plan(desired, withAuditConfig({ 'cleanup.policy': 'delete,compact' })))).toBe(true)
  })

  test('finds a setting that drifted, also one that was taken off the topic', () => {
    expect(only(plan(desired, withAuditConfig({ 'retention.ms': '1000' })).changes)).toMatchObject({ kind: 'config', impact: 'safe', topic: 'mesh.audit', from: '1000', to: '2592000000' })
    expect(only(plan(desired, withAuditConfig({ 'message.timestamp.type': undefined })).changes)).toMatchObject({ setting: 'message.timestamp.type', from: 'CreateTime', impact: 'safe' })
  })

  test('asks before a change that may take records away, and says what it costs', () => {
    expect(only(plan(desired, withAuditConfig({ 'retention.ms': '-1' })).changes)).toMatchObject({ impact: 'needs-flag', reason: 'records older than the new bound are deleted' })
    expect(only(plan(desired, withAuditConfig({ 'cleanup.policy': 'delete' })).changes)).toMatchObject({ impact: 'needs-flag', reason: 'older records of a key are removed' })
  })

  test('asks before it adds partitions, because keys move', () => {
    expect(only(plan(desired, withAudit({ partitions: 2 })).changes)).toMatchObject({ kind: 'partitions', impact: 'needs-flag', from: 2, to: 4, reason: expect.stringContaining('stop every coordinator') })
  })

  test('leaves to a hand what can\'t be done, and says what to do', () => {
    const fewer = plan(desired, withAudit({ partitions: 8, replicationFactor: 3 }))
    expect(fewer.changes).toEqual([])
    expect(fewer.manual.map(({ reason }) => reason)).toEqual([expect.stringContaining('Kafka can\'t take partitions away'), expect.stringContaining('kafka-reassign-partitions.sh')])
    expect(isEmpty(fewer)).toBe(false)
  })

  test('never deletes: what the catalogue doesn\'t name is listed and left', () => {
    const stray = { name: 'mesh.old-things', partitions: 1, replicationFactor: 1, config: {}, effective: {} }
    expect(plan(desired, [...observed, stray])).toMatchObject({ changes: [], unknown: ['mesh.old-things'] })
  })

  test('keeps settings made by hand, because the broker replaces a topic\'s settings as a whole', () => {
    const made = plan(desired, withAuditConfig({ 'compression.type': 'zstd', 'retention.ms': '1' }))
    expect(made.kept).toEqual({ 'mesh.audit': { 'compression.type': 'zstd' } })
    expect(made.notes).toEqual(['mesh.audit: compression.type=zstd was set by hand and is kept'])
  })

  test('applied to what it was made for gives an empty one, whatever was there', () => {
    const any = fc.subarray(observed).chain(some => fc.tuple(...some.map(topic => fc.record({
      partitions: fc.integer({ min: 1, max: 4 }), drop: fc.subarray(Object.keys(topic.config)), lower: fc.boolean()
    }).map(({ partitions, drop, lower }): ObservedTopic => {
      const config = Object.fromEntries(Object.entries(topic.config).filter(([name]) => !drop.includes(name)).map(([name, value]) => [name, lower && name === 'retention.ms' ? '1' : value]))
      return { ...topic, partitions: Math.min(partitions, topic.partitions), config, effective: config }
    }))))
    fc.assert(fc.property(any, before => {
      const after = new Map<string, ObservedTopic>(before.map(topic => [topic.name, topic]))
      for (const change of plan(desired, before).changes) {
        const topic = after.get(change.topic)
        if (change.kind === 'create') after.set(change.topic, asObserved(change.desired))
        else if (change.kind === 'partitions') after.set(change.topic, { ...topic!, partitions: change.to })
        else after.set(change.topic, { ...topic!, config: { ...topic!.config, [change.setting]: change.to } })
      }
      expect(isEmpty(plan(desired, [...after.values()]))).toBe(true)
    }), { numRuns: 300 })
  })

  test('with a change that needs the flag is refused whole, before the broker is asked for anything', async () => {
    const made = plan(desired, [...withAudit({ partitions: 2 })].slice(1))
    expect(made.changes.map(({ kind }) => kind)).toEqual(['create', 'partitions'])
    const untouched = new Proxy({}, { get: () => { throw new Error('the broker was asked') } })
    await expect(applyPlan(untouched as never, made, { desired })).rejects.toMatchObject({ code: 'NEEDS_FLAG', message: expect.stringContaining('mesh.audit: partitions 2 → 4') })
  })
})

describe('topics of agents', () => {
  test('are recognised on the broker and held to the catalogue, with the partitions they have', () => {
    const mine = agentTopics({ name: 'lead-bot', inboxPartitions: 2, answersPartitions: 3 }, options)
    const found = mine.map(asObserved)
    expect(observedAgentTopics(found, options)).toEqual(mine)
    const drifted = found.map(topic => ({ ...topic, config: { ...topic.config, 'retention.ms': '1' } }))
    expect(plan(observedAgentTopics(drifted, options), drifted).changes).toHaveLength(5)
  })

  test('are not confused with others', () => {
    const names = ['mesh.inbox.lead-bot.p4', 'mesh.inbox.lead-bot', 'mesh.inbox.lead.bot.p0', 'mesh.answers.lead-bot.p0', 'mesh.answers.Lead', 'mesh.inbox..p0', 'mesh.audit']
    expect(observedAgentTopics(names.map(name => ({ name, partitions: 1, replicationFactor: 1, config: {}, effective: {} })), options)).toEqual([])
  })

  test.each([[0], [1.5], [limits.partitionsMax + 1], [Number.NaN]])('are refused with %p partitions', count => {
    expect(() => agentTopics({ name: 'lead-bot', inboxPartitions: count, answersPartitions: 1 }, options)).toThrow('inboxPartitions must be a whole number from 1')
    expect(() => desiredTopics({ ...options, taskCount: count })).toThrow('tasks must be')
  })
})

describe('the catalogue', () => {
  const byName = new Map([...catalogue, ...agentCatalogue].map(topic => [topic.name, topic]))

  test('names each topic once, with key, owner and reason', () => {
    expect(byName.size).toBe(catalogue.length + agentCatalogue.length)
    for (const topic of byName.values()) expect([topic.key, topic.owner, topic.reason].every(text => text.length > 3)).toBe(true)
  })

  test('gives task topics the same partitions, and the registry one', () => {
    const six = desiredTopics({ ...options, taskCount: 6 })
    expect(six.filter(({ partitions }) => partitions === 6).map(({ name }) => name))
      .toEqual(['mesh.dispatch.p0', 'mesh.dispatch.p1', 'mesh.dispatch.p2', 'mesh.dispatch.p3', 'mesh.deferred', 'mesh.audit'])
    expect(six.find(({ name }) => name === 'mesh.registry')?.partitions).toBe(1)
  })

  test('lets nothing expire that a task is restored from', () => {
    expect(byName.get('deferred')).toMatchObject({ cleanup: 'compact' })
    expect(Number(byName.get('audit')?.config['min.compaction.lag.ms'])).toBeGreaterThanOrEqual(24 * 60 * 60 * 1000)
    for (const topic of [byName.get('audit'), ...catalogue.filter(({ name }) => name.startsWith('dispatch.'))]) expect(topic?.config['message.timestamp.type']).toBe('LogAppendTime')
  })

  test('has limits that rise from dispatch to inbox to dead letter', () => {
    const bytes = (name: string): number => Number(byName.get(name)?.config['max.message.bytes'])
    expect(limits.dispatchValueBytesMax).toBeLessThan(bytes('dispatch.p0'))
    expect(bytes('dispatch.p0')).toBeLessThan(bytes('inbox.<agent>.p0'))
    expect(bytes('inbox.<agent>.p0')).toBeLessThan(bytes('dead-letter'))
  })

  test('is shown whole in the table', () => {
    for (const name of byName.keys()) expect(topicsTable()).toContain(`\`mesh.${name}\``)
  })
})

test.each([
  ['retention.ms', '100', '50', true], ['retention.ms', '50', '100', false], ['retention.ms', '-1', '100', true], ['retention.ms', '100', '-1', false],
  ['retention.ms', undefined, '100', true], ['cleanup.policy', 'compact', 'delete', true], ['cleanup.policy', 'compact,delete', 'compact', false],
  ['cleanup.policy', 'compact', 'compact,delete', true], ['max.message.bytes', '10', '5', true], ['message.timestamp.type', 'LogAppendTime', 'CreateTime', true],
  ['unclean.leader.election.enable', 'false', 'true', true], ['min.insync.replicas', '2', '1', true], ['segment.ms', '10', '5', false]
])('changing %s from %s to %s needs the flag: %s', (name, from, to, needed) => {
  expect(risk(name, from, to) !== undefined).toBe(needed)
})
