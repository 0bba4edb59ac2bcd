import type { AgentRegistration } from '@mesh/schemas'
import { agentCatalogue, catalogue } from './catalogue.ts'
import type { DesiredTopic, TopicDefinition } from './definition.ts'
import { limits } from './limits.ts'
import { checkAgentName, topicNames } from './names.ts'

export interface TopicOptions {
  readonly namespace: string
  readonly replicationFactor: number
}

export type AgentPartitions = Pick<AgentRegistration, 'name' | 'inboxPartitions' | 'answersPartitions'>

export class TopicDefinitionError extends Error {
  override readonly name = 'TopicDefinitionError'
  readonly code = 'TOPIC_INVALID'
  readonly retriable = false
}

export function desiredTopics (options: TopicOptions & { readonly taskCount: number }): DesiredTopic[] {
  const taskCount = checkedPartitions('tasks', options.taskCount)
  const { namespace } = topicNames(options.namespace)
  return catalogue.map(definition =>
    desired(definition, `${namespace}.${definition.name}`, definition.partitions === 'task' ? taskCount : definition.partitions as number, options))
}

// The four inboxes and the answers topic of an agent.
export function agentTopics (agent: AgentPartitions, options: TopicOptions): DesiredTopic[] {
  const problem = checkAgentName(agent.name)
  if (problem !== undefined) throw new TopicDefinitionError(problem)
  const { namespace } = topicNames(options.namespace)
  const inboxPartitions = checkedPartitions('inboxPartitions', agent.inboxPartitions)
  const answersPartitions = checkedPartitions('answersPartitions', agent.answersPartitions)
  return agentCatalogue.map(definition =>
    desired(definition, `${namespace}.${definition.name.replace('<agent>', agent.name)}`, definition.partitions === 'inbox' ? inboxPartitions : answersPartitions, options))
}

function desired (definition: TopicDefinition, name: string, partitions: number, options: TopicOptions): DesiredTopic {
  const { replicationFactor } = options
  if (!Number.isInteger(replicationFactor) || replicationFactor < 1) throw new TopicDefinitionError(`a replication factor of ${replicationFactor} is not possible`)
  return {
    name,
    partitions,
    replicationFactor,
    config: {
      'cleanup.policy': definition.cleanup,
      // One replica may be away; acknowledged records are on all others.
      'min.insync.replicas': String(Math.max(1, replicationFactor - 1)),
      'unclean.leader.election.enable': 'false',
      ...definition.config
    },
    definition
  }
}

function checkedPartitions (what: string, count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= limits.partitionsMax) return count
  throw new TopicDefinitionError(`${what} must be a whole number from 1 to ${limits.partitionsMax}, not ${count}`)
}
