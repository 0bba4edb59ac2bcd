// The catalogue as the table of topics/README.md; a check compares it with what is there.
import { agentCatalogue, catalogue } from './catalogue.ts'
import type { TopicDefinition } from './definition.ts'
import { defaultNamespace } from './names.ts'
import { defaults } from './limits.ts'

const settingsShown = new Set(['message.timestamp.type', 'retention.ms', 'min.compaction.lag.ms', 'max.compaction.lag.ms', 'max.message.bytes'])

export function topicsTable (): string {
  return [
    '| topic | key | record | partitions | cleanup | settings | written by | why |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...[...catalogue, ...agentCatalogue].map(row)
  ].join('\n')
}

function row (topic: TopicDefinition): string {
  const settings = Object.entries(topic.config).filter(([name]) => settingsShown.has(name)).map(([name, value]) => `${name} ${readable(name, value)}`).join(', ')
  const records = topic.schemas.length === 0 ? '(comes with its writer)' : topic.schemas.join(', ')
  const cells = [`\`${defaultNamespace}.${topic.name}\``, topic.key, records, partitions(topic), topic.cleanup, settings, topic.owner, topic.reason]
  return `| ${cells.join(' | ')} |`
}

function partitions (topic: TopicDefinition): string {
  switch (topic.partitions) {
    case 'task': return `one a task (${defaults.taskCount})`
    case 'inbox': return `as registered (${defaults.inboxPartitions})`
    case 'answers': return `as registered (${defaults.answersPartitions})`
    default: return String(topic.partitions)
  }
}

function readable (name: string, value: string): string {
  const number = Number(value)
  if (name.endsWith('.ms')) return number >= 86_400_000 ? `${number / 86_400_000} d` : `${number / 3_600_000} h`
  if (name.endsWith('.bytes')) return `${number / 1_048_576} MiB`
  return value
}
