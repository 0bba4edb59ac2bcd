// What must change so that the broker has the topics of the catalogue. Pure: desired and observed in, changes out.
//
// P1. Nothing is ever deleted. What the catalogue doesn't name is listed and left alone.
// P2. A change that may take records away, or move keys to other partitions, needs the operator's word.
// P3. What Kafka can't do in place (fewer partitions) or not through this client (replication) is said, with what to do.
// P4. Settings that somebody made by hand and the catalogue doesn't name are kept and listed.
import { risk } from './config-change.ts'
import type { DesiredTopic } from './definition.ts'

export interface ObservedTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  // Set on the topic itself, without what it inherits from the broker.
  readonly config: Readonly<Record<string, string>>
  // What holds, inherited or not.
  readonly effective: Readonly<Record<string, string>>
}

export type Impact = 'safe' | 'needs-flag'

export type TopicChange =
  | { readonly kind: 'create', readonly impact: 'safe', readonly topic: string, readonly desired: DesiredTopic, readonly reason: string }
  | { readonly kind: 'partitions', readonly impact: Impact, readonly topic: string, readonly from: number, readonly to: number, readonly reason: string }
  | {
    readonly kind: 'config', readonly impact: Impact, readonly topic: string, readonly setting: string
    readonly from: string | undefined, readonly to: string, readonly reason: string
  }

export interface ManualStep {
  readonly topic: string
  readonly reason: string
}

export interface TopicPlan {
  readonly changes: readonly TopicChange[]
  // Can't be done here; the mesh isn't as the catalogue says until somebody does it.
  readonly manual: readonly ManualStep[]
  readonly unknown: readonly string[]
  readonly notes: readonly string[]
  // Settings made by hand, by topic: the broker replaces a topic's settings as a whole, so they are sent along.
  readonly kept: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export function plan (desired: readonly DesiredTopic[], observed: readonly ObservedTopic[]): TopicPlan {
  const existing = new Map(observed.map(topic => [topic.name, topic]))
  const wanted = new Set(desired.map(({ name }) => name))
  const changes: TopicChange[] = []
  const manual: ManualStep[] = []
  const notes: string[] = []
  const kept: Record<string, Record<string, string>> = {}
  for (const topic of desired) {
    const found = existing.get(topic.name)
    if (found === undefined) {
      changes.push({ kind: 'create', impact: 'safe', topic: topic.name, desired: topic, reason: topic.definition.reason })
      continue
    }
    changes.push(...partitionChanges(topic, found), ...configChanges(topic, found))
    manual.push(...manualSteps(topic, found))
    const byHand = Object.entries(found.config).filter(([setting]) => topic.config[setting] === undefined)
    if (byHand.length > 0) {
      kept[topic.name] = Object.fromEntries(byHand)
      notes.push(...byHand.map(([setting, value]) => `${topic.name}: ${setting}=${value} was set by hand and is kept`))
    }
  }
  const unknown = observed.map(({ name }) => name).filter(name => !wanted.has(name)).sort()
  return { changes, manual, unknown, notes, kept }
}

export const isEmpty = (topicPlan: TopicPlan): boolean => topicPlan.changes.length === 0 && topicPlan.manual.length === 0

function partitionChanges (topic: DesiredTopic, found: ObservedTopic): TopicChange[] {
  if (topic.partitions <= found.partitions) return []
  const reason = topic.definition.partitions === 'task'
    ? 'keys move to other partitions, and so workflows to other tasks: stop every coordinator and let the topics run empty first'
    : 'keys move to other partitions, so a key\'s older records are no longer in front of its newer ones'
  return [{ kind: 'partitions', impact: 'needs-flag', topic: topic.name, from: found.partitions, to: topic.partitions, reason }]
}

function configChanges (topic: DesiredTopic, found: ObservedTopic): TopicChange[] {
  return Object.entries(topic.config).flatMap(([setting, to]): TopicChange[] => {
    // Compared with what is set on the topic, not with what holds: a broker's default may change under it.
    if (sameValue(setting, found.config[setting], to)) return []
    const from = found.effective[setting]
    const cost = sameValue(setting, from, to) ? undefined : risk(setting, from, to)
    return [{ kind: 'config', impact: cost === undefined ? 'safe' : 'needs-flag', topic: topic.name, setting, from, to, reason: cost ?? 'as the catalogue says' }]
  })
}

function manualSteps (topic: DesiredTopic, found: ObservedTopic): ManualStep[] {
  const steps: ManualStep[] = []
  if (topic.partitions < found.partitions) {
    steps.push({ topic: topic.name, reason: `has ${found.partitions} partitions and should have ${topic.partitions}: Kafka can't take partitions away; ask for ${found.partitions}, or let it run empty, delete it and apply again` })
  }
  if (topic.replicationFactor !== found.replicationFactor) {
    steps.push({ topic: topic.name, reason: `has ${found.replicationFactor} replicas and should have ${topic.replicationFactor}: use kafka-reassign-partitions.sh` })
  }
  return steps
}

function sameValue (setting: string, one: string | undefined, other: string): boolean {
  if (one === undefined) return false
  // A list whose order means nothing.
  if (setting === 'cleanup.policy') return one.split(',').sort().join() === other.split(',').sort().join()
  return one === other
}
