// kafkajs's own wait for leaders fails where the broker's metadata doesn't know a topic yet that it has just made.
import { setTimeout as pause } from 'node:timers/promises'
import type { Admin, ITopicConfig } from 'kafkajs'

const pollMs = 20
const waitMsMax = 15_000

/** Makes topics and returns when each partition has a leader. */
export async function makeTopics (admin: Admin, topics: ITopicConfig[]): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics })
  const names = topics.map(({ topic }) => topic)
  for (const untilMs = performance.now() + waitMsMax; ; await pause(pollMs)) {
    const known = await admin.fetchTopicMetadata({ topics: names }).catch(() => undefined)
    if (known?.topics.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) === true) return
    if (performance.now() > untilMs) throw new Error(`${names.join(', ')} had no leaders in ${waitMsMax} ms`)
  }
}
