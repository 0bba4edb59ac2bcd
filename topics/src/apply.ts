// Carrying a plan out.
//
// A1. A plan with a change that needs the flag is refused as a whole, before anything is done.
// A2. Several processes may apply at once: a topic that another made meanwhile is taken as it is, if it has as many partitions.
// A3. When `applyPlan` returns, each partition has a leader and each setting is shown by the broker, so that the next plan is empty.
//     (A leader just chosen may for some milliseconds say that it isn't: clients try again by themselves.)
// A4. The client's `alterConfigs` replaces all settings of a topic, so the full set is sent: the catalogue's and those kept.
import { setTimeout as pause } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { Admin } from 'kafkajs'
import { createTopics, partitionsLed } from './creation.ts'
import type { DesiredTopic } from './definition.ts'
import { describeTopics } from './observe.ts'
import { TopicPlanError } from './plan-error.ts'
import { plan } from './plan.ts'
import type { TopicChange, TopicPlan } from './plan.ts'

const changesShown = 3
const shownWaitMs = 10_000
const shownPauseMs = 25

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
    const shown = flagged.slice(0, changesShown).map(change => `${change.topic}: ${describeChange(change)}, by which ${change.reason}`).join('; ')
    const more = flagged.length > changesShown ? `; and ${flagged.length - changesShown} more` : ''
    throw new TopicPlanError('NEEDS_FLAG', `nothing was changed: ${shown}${more}. Apply with --allow-destructive to do it all the same.`)
  }
  const creations = topicPlan.changes.filter(change => change.kind === 'create').map(({ desired }) => desired)
  const growths = topicPlan.changes.filter(change => change.kind === 'partitions')
  const altered = new Set(topicPlan.changes.filter(change => change.kind === 'config').map(({ topic }) => topic))
  await createTopics(admin, creations)
  if (growths.length > 0) {
    await admin.createPartitions({ topicPartitions: growths.map(({ topic, to }) => ({ topic, count: to })) })
    for (const { topic, to } of growths) await partitionsLed(admin, [topic], to)
  }
  if (altered.size > 0) {
    const topics = options.desired.filter(({ name }) => altered.has(name))
    await alter(admin, topics, topicPlan.kept)
    await shown(admin, topics)
  }
  return { created: creations.length, grown: growths.length, altered: altered.size }
}

export function describeChange (change: TopicChange): string {
  switch (change.kind) {
    case 'create': return `create with ${counted(change.desired.partitions, 'partition')}, ${change.desired.config['cleanup.policy']}`
    case 'partitions': return `partitions ${change.from} → ${change.to}`
    case 'config': return `${change.setting} ${change.from ?? '(unset)'} → ${change.to}`
  }
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

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

// The broker takes a change before it shows it.
async function shown (admin: Admin, topics: readonly DesiredTopic[]): Promise<void> {
  const deadline = performance.now() + shownWaitMs
  for (;;) {
    const observed = await describeTopics(admin, topics.map(({ name }) => name))
    const waiting = plan(topics, observed).changes.filter(({ kind }) => kind === 'config').map(({ topic }) => topic)
    if (waiting.length === 0) return
    if (performance.now() > deadline) throw new TopicPlanError('NOT_SHOWN', `the broker took the settings but doesn't show them after ${shownWaitMs / 1000} s: ${waiting.join(', ')}`)
    await pause(shownPauseMs)
  }
}
