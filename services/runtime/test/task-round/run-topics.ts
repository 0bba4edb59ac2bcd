// Topics of one run, named at random, so that runs share a broker.
import { randomBytes } from 'node:crypto'
import type { Admin } from 'kafkajs'

const readyMsMax = 20_000

export interface RunTopics {
  readonly prefix: string
  readonly groupId: string
  readonly inputs: readonly string[]
  readonly changelog: string
  readonly deferred: string
  readonly output: string
}

export function nameTopics (): RunTopics {
  const prefix = `round-${randomBytes(5).toString('hex')}`
  return {
    prefix,
    groupId: `${prefix}.workers`,
    inputs: [0, 1, 2, 3].map(lane => `${prefix}.in.p${lane}`),
    changelog: `${prefix}.changelog`,
    deferred: `${prefix}.deferred`,
    output: `${prefix}.output`
  }
}

const topicsOf = ({ inputs, changelog, deferred, output }: RunTopics): string[] => [...inputs, changelog, deferred, output]

export async function createTopics (admin: Admin, topics: RunTopics, partitions: number): Promise<void> {
  await admin.createTopics({
    // kafkajs gives up when a broker hasn't heard of the topic yet.
    waitForLeaders: false,
    topics: topicsOf(topics).map(topic => ({
      topic, numPartitions: partitions, replicationFactor: 1,
      configEntries: [
        { name: 'message.timestamp.type', value: 'LogAppendTime' },
        { name: 'cleanup.policy', value: topic === topics.deferred ? 'compact' : 'delete' }
      ]
    }))
  })
  const untilMs = performance.now() + readyMsMax
  while (!await areReady(admin, topics, partitions)) {
    if (performance.now() > untilMs) throw new Error(`the topics of ${topics.prefix} were not ready within ${readyMsMax} ms`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

async function areReady (admin: Admin, topics: RunTopics, partitions: number): Promise<boolean> {
  try {
    const found = await admin.fetchTopicMetadata({ topics: topicsOf(topics) })
    return found.topics.every(topic => topic.partitions.length === partitions && topic.partitions.every(({ leader }) => leader >= 0))
  } catch {
    return false
  }
}

export async function deleteTopics (admin: Admin, topics: RunTopics): Promise<void> {
  await admin.deleteTopics({ topics: topicsOf(topics) })
}
