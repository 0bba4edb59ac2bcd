// The mesh's topics as the broker has them beside the catalogue: how much lies in each, and who is how far behind.
//
// Invariants:
//   T1. Every topic of the catalogue appears, also one that is missing; so does a topic of the namespace that no catalogue knows.
//   T2. Lag is shown where work waits: on dispatch and inbox topics. What a coordinator commits on other topics marks how
//       far back it must restore, which is no lag.
import { agentCatalogue, agentOf, catalogue, type TopicDefinition } from '@mesh/topics'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'

export interface ObservedTopic {
  readonly topic: string
  readonly partitions: readonly { readonly partition: number, readonly low: number, readonly high: number }[]
}

/** A group's committed offset; negative where it has none yet. */
export interface Commit {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface TopicLine {
  readonly topic: string
  readonly partitions: number
  readonly records: number
  /** By group; transaction markers count, as the broker counts them. */
  readonly lag: Readonly<Record<string, number>>
  readonly key: string | null
  readonly owner: string | null
  readonly isMissing: boolean
}

export const topicHeadings = ['topic', 'partitions', 'records', 'lag', 'key', 'owner']

export function topicLines (namespace: string, observed: readonly ObservedTopic[], commits: readonly Commit[]): TopicLine[] {
  const byTopic = new Map<string, Commit[]>()
  for (const commit of commits) byTopic.set(commit.topic, [...byTopic.get(commit.topic) ?? [], commit])
  const there = new Set(observed.map(({ topic }) => topic))
  const lines = observed.map((topic): TopicLine => {
    const definition = definitionOf(topic.topic, namespace)
    const partitions = topic.partitions.length
    const records = topic.partitions.reduce((sum, { low, high }) => sum + Math.max(0, high - low), 0)
    const lag = definition !== undefined && isWork(definition) ? lagOf(topic, byTopic.get(topic.topic) ?? []) : {}
    return { topic: topic.topic, partitions, records, lag, key: definition?.key ?? null, owner: definition?.owner ?? null, isMissing: false }
  })
  const missing = catalogue.filter(({ name }) => !there.has(`${namespace}.${name}`))
    .map(({ name, key, owner }): TopicLine => ({ topic: `${namespace}.${name}`, partitions: 0, records: 0, lag: {}, key, owner, isMissing: true }))
  return [...lines, ...missing].sort((a, b) => a.topic < b.topic ? -1 : 1)
}

const isWork = ({ name }: TopicDefinition): boolean => name.startsWith('dispatch.') || name.startsWith('inbox.')

function definitionOf (topic: string, namespace: string): TopicDefinition | undefined {
  const name = topic.slice(namespace.length + 1)
  const agent = agentOf(topic, namespace)
  return agent === undefined ? catalogue.find(definition => definition.name === name) : agentCatalogue.find(definition => definition.name.replace('<agent>', agent) === name)
}

/** Whether a group may have to do with this mesh: groups begin with the namespace, or in the default one with their agent. */
export function isOurGroup (group: string, namespace: string, topics: readonly string[]): boolean {
  const first = group.slice(0, Math.max(0, group.indexOf('.')))
  return first === namespace || topics.some(topic => agentOf(topic, namespace) === first)
}

function lagOf ({ partitions }: ObservedTopic, commits: readonly Commit[]): Record<string, number> {
  const byPartition = new Map(partitions.map(position => [position.partition, position]))
  const lag: Record<string, number> = {}
  for (const { group, partition, offset } of commits) {
    const position = byPartition.get(partition)
    if (position === undefined) continue
    // Without a commit a group begins at the earliest record.
    lag[group] = (lag[group] ?? 0) + Math.max(0, position.high - Math.max(offset, position.low))
  }
  return lag
}

export function topicRows (lines: readonly TopicLine[], paint: Paint): string[][] {
  return lines.map(({ topic, partitions, records, lag, key, owner, isMissing }) => [
    printable(topic),
    isMissing ? paint.bad('missing') : String(partitions),
    isMissing ? '' : String(records),
    Object.entries(lag).map(([group, behind]) => (behind > 0 ? paint.unsure : paint.good)(`${behind} ${printable(group)}`)).join('\n'),
    key ?? paint.unsure('not in the catalogue'),
    owner ?? ''
  ])
}

export function topicSummary (lines: readonly TopicLine[]): string {
  const missing = lines.filter(({ isMissing }) => isMissing).length
  const text = `${lines.length - missing} topics, ${lines.reduce((sum, { records }) => sum + records, 0)} records. Records and lag count transaction markers.`
  return missing === 0 ? text : `${text}\n${missing} missing: run \`npm run topics:apply\`.`
}
