// Creating topics: several processes may do it at once, so that a topic exists is never an error.
import { setTimeout as pause } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { DesiredTopic } from './definition.ts'
import { isUnknownTopic } from './observe.ts'
import { TopicPlanError } from './plan-error.ts'

const leaderWaitMs = 15_000
const leaderPauseMs = 25
const topicsPerRequest = 50

/** Creates what is missing and returns when every partition has a leader. What exists is not altered, but must have as many partitions. */
export async function createTopics (admin: Admin, topics: readonly DesiredTopic[]): Promise<void> {
  for (let start = 0; start < topics.length; start += topicsPerRequest) {
    const some = topics.slice(start, start + topicsPerRequest)
    await request(admin, some)
    const counts = await partitionsLed(admin, some.map(({ name }) => name))
    const different = some.filter(({ name, partitions }) => counts.get(name) !== partitions)
    if (different.length > 0) {
      const list = different.map(({ name, partitions }) => `${name} has ${counts.get(name)} partitions, not ${partitions}`)
      throw new TopicPlanError('PARTITIONS_DIFFER', `${list.join('; ')}: somebody created it otherwise`)
    }
  }
}

async function request (admin: Admin, topics: readonly DesiredTopic[]): Promise<void> {
  try {
    await admin.createTopics({
      // Leaders are waited for below: right after a creation the client takes a broker that doesn't know the topic yet for a failure.
      waitForLeaders: false,
      topics: topics.map(({ name, partitions, replicationFactor, config }) => ({
        topic: name, numPartitions: partitions, replicationFactor, configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value }))
      }))
    })
  } catch (error) {
    const failures = (error as { errors?: readonly { type?: string, topic?: string, message: string }[] }).errors ?? []
    if (failures.length === 0) throw error
    const real = failures.filter(({ type }) => type !== 'TOPIC_ALREADY_EXISTS')
    if (real.length > 0) throw new TopicPlanError('CREATE_FAILED', `the broker refused ${real.map(({ topic, message }) => `${topic}: ${message}`).join('; ')}`, error)
  }
}

// How many partitions each topic has, once all of them have a leader; at least so many where it was just grown.
export async function partitionsLed (admin: Admin, names: readonly string[], atLeast = 1): Promise<Map<string, number>> {
  const deadline = performance.now() + leaderWaitMs
  for (;;) {
    const led = await ask(admin, names, atLeast)
    if (led.size === names.length) return led
    if (performance.now() > deadline) {
      throw new TopicPlanError('NO_LEADER', `no leader within ${leaderWaitMs / 1000} s for ${names.filter(name => !led.has(name)).join(', ')}`)
    }
    await pause(leaderPauseMs)
  }
}

async function ask (admin: Admin, names: readonly string[], atLeast: number): Promise<Map<string, number>> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [...names] })
    const led = topics.filter(({ partitions }) => partitions.length >= atLeast && partitions.every(({ leader }) => leader >= 0))
    return new Map(led.map(({ name, partitions }) => [name, partitions.length]))
  } catch (error) {
    if (isUnknownTopic(error) || (error as { type?: string }).type === 'LEADER_NOT_AVAILABLE') return new Map()
    throw error
  }
}
