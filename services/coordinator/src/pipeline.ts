// The record's path through a coordinator: one round of one task, top to bottom.
//
//   mesh.dispatch.p0..p3 ─┐  decode     bytes to a dispatch, or to a reason why not          decode.ts
//   due requests ─────────┤  decide     may it go, where and when                            core/decide.ts
//                         │  record     the decision, as the dispatch's story so far         core/story.ts
//                         └> write      inbox, answers, audit, dead letter: one transaction  @mesh/runtime task round
//
// The steps take the whole round and are synchronous; `dispatch-task.ts` runs them, and the task runner of
// @mesh/runtime reads, writes and commits. Each record ends in a recorded outcome: there is no "drop" here.
import type { AuditEvent, Codec } from '@mesh/schemas'
import { type Faults, type Logger, type RoundMetrics, startTaskRunner, type TaskRunner } from '@mesh/runtime'
import type { TopicNames } from '@mesh/topics'
import type { Kafka } from 'kafkajs'
import type { ControlState } from './core/control.ts'
import type { SeenBounds } from './core/seen-window.ts'
import { createDecoder } from './decode.ts'
import { DispatchTask } from './dispatch-task.ts'

export interface CoordinatorPorts {
  readonly kafka: (clientId: string) => Kafka
  readonly codec: Codec
  readonly control: ControlState
  readonly names: TopicNames
  readonly logger: Logger
  readonly onDecided: (event: AuditEvent) => void
  readonly onRound: (metrics: RoundMetrics) => void
}

export interface CoordinatorSettings {
  readonly coordinatorId: string
  readonly taskCount: number
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
  readonly payloadHashKey: string
  readonly payloadHashKeyId: string
  readonly seenBounds: SeenBounds
}

export function startCoordinator (ports: CoordinatorPorts, settings: CoordinatorSettings, faults?: Faults): Promise<TaskRunner> {
  const { kafka, codec, control, names, logger, onDecided, onRound } = ports
  const { taskCount, coordinatorId, payloadHashKeyId, seenBounds } = settings
  const decode = createDecoder(codec, Buffer.from(settings.payloadHashKey))
  return startTaskRunner({
    kafka,
    groupId: `${names.namespace}.coordinator`,
    clientId: `${names.namespace}.${coordinatorId}`,
    instanceName: coordinatorId,
    transactionalIdPrefix: `${names.namespace}.coordinator`,
    inputTopics: names.dispatchAll,
    changelogTopic: names.audit,
    deferredTopic: names.deferred,
    taskCount,
    sessionTimeoutMs: settings.sessionTimeoutMs,
    transactionTimeoutMs: settings.transactionTimeoutMs,
    createLogic: task => new DispatchTask({
      task, taskCount, decidedBy: coordinatorId, names, codec, decode, control, payloadHashKeyId, seenBounds, onDecided
    }),
    logger,
    onRound,
    ...faults === undefined ? {} : { faults }
  })
}
