// What is said of a topic in the catalogue.
import type { SchemaName } from '@mesh/schemas'

export type Owner = 'agents' | 'coordinator' | 'registry' | 'archiver' | 'governor' | 'operators' | 'audit-api'

// `task`: as many as tasks, because partition i of it belongs to task i. `inbox` and `answers`: as the agent registered.
export type PartitionRule = number | 'task' | 'inbox' | 'answers'

export interface TopicDefinition {
  // Without the namespace; `<agent>` stands for an agent's name.
  readonly name: string
  readonly key: string
  // The records that its values are; empty until the control loop that writes it exists.
  readonly schemas: readonly SchemaName[]
  readonly partitions: PartitionRule
  readonly cleanup: 'delete' | 'compact' | 'compact,delete'
  // Without cleanup.policy, which follows from `cleanup`.
  readonly config: Readonly<Record<string, string>>
  // The only writer; everybody else may read at most.
  readonly owner: Owner
  readonly reason: string
}

export interface DesiredTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
  readonly definition: TopicDefinition
}
