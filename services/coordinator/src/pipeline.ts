// The record's path through a coordinator: one round of one task, top to bottom.
//
//   mesh.dispatch.p0..p3 ─┐  decode     bytes to a dispatch, shown to be its source's, or why not decode.ts
//   due requests ─────────┤  decide     may it go, and where; what is due                       core/decide.ts, core/due.ts
//   deferred, now due ────┤  reserve    its source's quota: when; one question for the round    @mesh/quota-store
//                         │  conclude   go on now, wait, or be refused                          core/admission.ts
//                         │  record     the decision, as the dispatch's story so far            core/story.ts
//                         └> write      inbox, answers, deferred, audit, dead letter: one       @mesh/runtime task round
//                                       transaction
//
// The steps take the whole round; `dispatch-task.ts` runs them, and the task runner of @mesh/runtime reads, writes and
// commits. Each record ends in a recorded outcome: there is no "drop" here.
import type { AuditEvent, Codec } from '@mesh/schemas'
import type { QuotaStore } from '@mesh/quota-store'
import { type Faults, type LogReader, type Logger, type RoundMetrics, startTaskRunner, type TaskRunner } from '@mesh/runtime'
import { SignatureChecker } from '@mesh/signing'
import type { TopicNames } from '@mesh/topics'
import type { Kafka } from 'kafkajs'
import type { ControlState } from './core/control.ts'
import type { ClaimPolicy } from './core/priority-claims.ts'
import type { SeenBounds } from './core/seen-window.ts'
import { createDecoder } from './decode.ts'
import { DeferredValues } from './deferred-values.ts'
import { Deferrals } from './deferrals.ts'
import { DispatchTask } from './dispatch-task.ts'
import { IngressValues } from './ingress-values.ts'

export interface CoordinatorPorts {
  readonly kafka: (clientId: string) => Kafka
  readonly codec: Codec
  readonly control: ControlState
  readonly names: TopicNames
  readonly quotas: QuotaStore
  readonly logReader: LogReader
  readonly logger: Logger
  readonly onDecided: (event: AuditEvent) => void
  readonly onRound: (metrics: RoundMetrics) => void
  /** How many dispatches wait in a task, after a round that changed it. */
  readonly onDeferred: (task: number, records: number) => void
}

export interface CoordinatorSettings {
  readonly coordinatorId: string
  readonly taskCount: number
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
  readonly payloadHashKey: string
  readonly payloadHashKeyId: string
  readonly redriveKey: string
  readonly seenBounds: SeenBounds
  readonly claimPolicy: ClaimPolicy
  readonly signatures: 'required' | 'off'
}

export function startCoordinator (ports: CoordinatorPorts, settings: CoordinatorSettings, faults?: Faults): Promise<TaskRunner> {
  const { kafka, codec, control, names, quotas, logReader, logger, onDecided, onRound, onDeferred } = ports
  const { taskCount, coordinatorId, payloadHashKeyId, seenBounds, claimPolicy } = settings
  const decode = createDecoder(codec, { payloadHash: Buffer.from(settings.payloadHashKey), redrive: Buffer.from(settings.redriveKey) },
    settings.signatures === 'required' ? new SignatureChecker(control.keys) : undefined)
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
      task, taskCount, decidedBy: coordinatorId, names, codec, decode, control, payloadHashKeyId, seenBounds, claimPolicy, quotas, onDecided, onDeferred,
      deferrals: new Deferrals(new DeferredValues({ reader: logReader, topic: names.deferred, task, codec, logger }), codec),
      ingressValues: new IngressValues({ reader: logReader, topics: names.dispatchAll, decode, logger })
    }),
    logger,
    onRound,
    ...faults === undefined ? {} : { faults }
  })
}
