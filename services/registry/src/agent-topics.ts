// The topics of an agent: its inboxes and its answers, there and led before anyone is told of the agent.
//
// A1. Creating what exists is nothing. Topics that exist with other partition counts than the registration says are a
//     contradiction: keys would go where nobody looks for them. They are never altered here.

import { CodedError } from '@mesh/runtime'
import type { AgentRegistration } from '@mesh/schemas'
import { agentTopics, applyPlan, plan, TopicPlanError, type DesiredTopic } from '@mesh/topics'
import type { Admin } from 'kafkajs'
import type { Problem } from './core/codes.ts'

export interface AgentTopicsOptions {
  readonly admin: Admin
  readonly namespace: string
  readonly replicationFactor: number
}

/** Creates the topics, waits for their leaders, and answers what contradicts the registration, if anything does. */
export async function createAgentTopics (registration: AgentRegistration, { admin, ...options }: AgentTopicsOptions): Promise<Problem | undefined> {
  const desired = agentTopics(registration, options)
  try {
    const existing = new Set(await admin.listTopics())
    const missing = desired.filter(({ name }) => !existing.has(name))
    if (missing.length > 0) await create(missing, admin)
    const { topics } = await admin.fetchTopicMetadata({ topics: desired.map(({ name }) => name) })
    return partitionProblem(desired, new Map(topics.map(topic => [topic.name, topic.partitions.length])))
  } catch (error) {
    const message = `the topics of ${registration.name} could not be created: ${(error as Error).message}`
    throw new CodedError('UNAVAILABLE', message, { retriable: true, cause: error })
  }
}

/** A topic that somebody made otherwise just now was still missing when the broker was asked; the counts below tell which. */
async function create (missing: readonly DesiredTopic[], admin: Admin): Promise<void> {
  try {
    await applyPlan(admin, plan(missing, []), { desired: missing })
  } catch (error) {
    if (!(error instanceof TopicPlanError && error.code === 'PARTITIONS_DIFFER')) throw error
  }
}

function partitionProblem (desired: readonly DesiredTopic[], partitionCounts: ReadonlyMap<string, number>): Problem | undefined {
  const other = desired.find(({ name, partitions }) => partitionCounts.get(name) !== partitions)
  if (other === undefined) return undefined
  const field = other.definition.partitions === 'inbox' ? 'inboxPartitions' : 'answersPartitions'
  return { code: 'PARTITIONS_CHANGED', field, message: `${other.name} exists with ${partitionCounts.get(other.name) ?? 0} partitions, not ${other.partitions}.` }
}
