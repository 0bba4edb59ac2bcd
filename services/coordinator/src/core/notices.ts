// What the mesh tells a source about its own dispatch, and where: at the answers partition that its instance reads.
import { type AgentRegistration, type AuditEvent, type Dispatch, type Notice, type Position, reasonCodes, type SlowDown } from '@mesh/schemas'
import type { TopicNames } from '@mesh/topics'
import type { ControlState } from './control.ts'
import type { Refusal } from './ingress.ts'
import type { NoticeOut } from './verdict.ts'

export interface Addressee extends Pick<Dispatch, 'dispatchId' | 'workflowId' | 'source' | 'sourceInstance' | 'replyPartition'> {
  readonly ingress: Position
}

/** A refusal can be told only to a registered source at an existing partition; otherwise the audit alone knows. */
export function refusalNotice (to: Addressee, { code, message, retryAfterMs }: Refusal, control: ControlState, names: TopicNames): NoticeOut | undefined {
  const source = control.agents.get(to.source)?.registration
  const partition = to.replyPartition
  if (source === undefined || partition === null || partition < 0 || partition >= source.answersPartitions) return undefined
  return {
    topic: names.answers(to.source),
    partition,
    notice: {
      type: 'refused', dispatchId: to.dispatchId, workflowId: to.workflowId, sourceInstance: to.sourceInstance,
      code, message, retriable: reasonCodes[code].retriable, retryAfterMs: retryAfterMs ?? null, ingress: to.ingress, slowDown: null, fallback: null
    }
  }
}

export function timeoutNotice (admission: AuditEvent, sourceInstance: string, partition: number, code: 'TIMEOUT' | 'IDLE_TIMEOUT', names: TopicNames): NoticeOut {
  const message = code === 'TIMEOUT'
    ? `'${admission.target}' did not answer '${admission.capability}' before its deadline`
    : `'${admission.target}' said nothing of '${admission.capability}' for ${admission.idleTimeoutMs} ms`
  return {
    topic: names.answers(admission.source!),
    partition,
    notice: {
      type: 'timed_out', dispatchId: admission.dispatchId!, workflowId: admission.workflowId!, sourceInstance,
      code, message, retriable: reasonCodes[code].retriable, retryAfterMs: null, ingress: admission.ingress, slowDown: null, fallback: null
    }
  }
}

/** Told once to every partition that an instance of the source may read: all of them share the quota. */
export function slowDownNotices (event: AuditEvent, source: AgentRegistration, slowDown: SlowDown, names: TopicNames): NoticeOut[] {
  const message = `over its quota of ${slowDown.ratePerS}/s; what it sends waits in the mesh, about ${Math.ceil(slowDown.clearsInMs / 1_000)} s if no more comes`
  return toAllInstances(source, names, { ...signalOf(event, message), type: 'slow_down', retryAfterMs: slowDown.clearsInMs, slowDown })
}

export function clearedNotices (event: AuditEvent, source: AgentRegistration, names: TopicNames): NoticeOut[] {
  return toAllInstances(source, names, { ...signalOf(event, 'nothing waits any more'), type: 'cleared', retryAfterMs: null, slowDown: null, fallback: null })
}

const signalOf = (event: AuditEvent, message: string) => ({
  dispatchId: event.dispatchId ?? '', workflowId: event.workflowId ?? '', sourceInstance: '', code: 'OVER_QUOTA', message, retriable: true, ingress: event.ingress, fallback: null
})

const toAllInstances = ({ name, answersPartitions }: AgentRegistration, names: TopicNames, notice: Notice): NoticeOut[] =>
  Array.from({ length: answersPartitions }, (_, partition) => ({ topic: names.answers(name), partition, notice }))
