// The agents' topics that a broker has, recognised by name, so that a change of the catalogue reaches them too.
import { agentTopics } from './desired-topics.ts'
import type { TopicOptions } from './desired-topics.ts'
import type { DesiredTopic } from './definition.ts'
import { checkAgentName, topicNames } from './names.ts'
import type { ObservedTopic } from './plan.ts'

// What the catalogue says of them, with the partitions that they have: those were fixed when their agent registered.
export function observedAgentTopics (observed: readonly ObservedTopic[], options: TopicOptions): DesiredTopic[] {
  return observed.flatMap(({ name, partitions }) => {
    const agent = agentOf(name, options.namespace)
    if (agent === undefined) return []
    return agentTopics({ name: agent, inboxPartitions: partitions, answersPartitions: partitions }, options).filter(topic => topic.name === name)
  })
}

export function agentOf (topic: string, namespace: string): string | undefined {
  if (!topic.startsWith(`${namespace}.inbox.`) && !topic.startsWith(`${namespace}.answers.`)) return undefined
  const [kind, agent = '', ...rest] = topic.slice(namespace.length + 1).split('.')
  if (checkAgentName(agent) !== undefined) return undefined
  const names = topicNames(namespace)
  const own = kind === 'inbox' ? names.inboxAll(agent) : [names.answers(agent)]
  return own.includes(topic) && rest.length <= 1 ? agent : undefined
}
