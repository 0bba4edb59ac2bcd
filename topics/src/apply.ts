// Carrying a plan out.
//
// A1. A plan with a change that needs the flag is refused as a whole, before anything is done.
// A2. Several processes may apply at once: a topic that another made meanwhile is taken as it is, if it has as many partitions.
// A3. When `applyPlan` returns, every topic of the plan has a leader for each partition and can be written to.
// A4. The client's `alterConfigs` replaces all settings of a topic, so the full set is sent: the catalogue's and those kept.
import kafkajs from 'kafkajs'
import type { Admin } from 'kafkajs'
import { createTopics, partitionsLed } from './creation.ts'
import type { DesiredTopic } from './definition.ts'
import { TopicPlanError } from './plan-error.ts'
import type { TopicChange, TopicPlan } from './plan.ts'

export interface ApplyOptions {
  // The topics that the plan was made for: their settings are sent whole.
  readonly desired: readonly DesiredTopic[]
  readonly allowDestructive?: boolean
}

export interface Applied {
  readonly created: number
  readonly grown: number
  readonly altered: number
}

export async function applyPlan (admin: Admin, topicPlan: TopicPlan, options: ApplyOptions): Promise<Applied> {
  const flagged = topicPlan.changes.filter(({ impact }) => impact === 'needs-flag')
  if (flagged.length > 0 && options.allowDestructive !== true) {
    const list = flagged.map(change => `${change.topic}: ${describeChange(change)} (${change.reason})`).join('; ')
    throw new TopicPlanError('NEEDS_FLAG', `nothing was changed: ${list}. Apply with --allow-destructive to do it all the same.`)
  }
  const creations = topicPlan.changes.filter(change => change.kind === 'create').map(({ desired }) => desired)
  const growths = topicPlan.changes.filter(change => change.kind === 'partitions')
  const altered = new Set(topicPlan.changes.filter(change => change.kind === 'config').map(({ topic }) => topic))
  await createTopics(admin, creations)
  if (growths.length > 0) {
    await admin.createPartitions({ topicPartitions: growths.map(({ topic, to }) => ({ topic, count: to })) })
    for (const { topic, to } of growths) await partitionsLed(admin, [topic], to)
  }
  if (altered.size > 0) await alter(admin, options.desired.filter(({ name }) => altered.has(name)), topicPlan.kept)
  return { created: creations.length, grown: growths.length, altered: altered.size }
}

export function describeChange (change: TopicChange): string {
  switch (change.kind) {
    case 'create': return `create with ${change.desired.partitions} partitions, ${change.desired.config['cleanup.policy']}`
    case 'partitions': return `partitions ${change.from} → ${change.to}`
    case 'config': return `${change.setting} ${change.from ?? '(unset)'} → ${change.to}`
  }
}

async function alter (admin: Admin, topics: readonly DesiredTopic[], kept: TopicPlan['kept']): Promise<void> {
  await admin.alterConfigs({
    validateOnly: false,
    resources: topics.map(({ name, config }) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configEntries: Object.entries({ ...kept[name], ...config }).map(([key, value]) => ({ name: key, value }))
    }))
  })
}
