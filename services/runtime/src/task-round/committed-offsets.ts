// Where a task's partitions were committed. To be read only after fencing: until then another owner may still commit.
import type { Admin } from 'kafkajs'

/** Offset of each topic's partition `task`; where nothing was committed, the first one that the topic still holds. */
export async function fetchCommitted (admin: Admin, groupId: string, topics: readonly string[], task: number): Promise<Map<string, number>> {
  const offsets = new Map<string, number>()
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics: [...topics] })) {
    const committed = Number(partitions.find(({ partition }) => partition === task)?.offset ?? -1)
    offsets.set(topic, committed >= 0 ? committed : await earliestOffset(admin, topic, task))
  }
  return offsets
}

async function earliestOffset (admin: Admin, topic: string, task: number): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return Number(offsets.find(({ partition }) => partition === task)?.low ?? 0)
}
