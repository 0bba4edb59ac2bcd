// What the mesh tells a source about its own dispatch, and where: at the answers partition that its instance reads.
import { type AuditEvent, type Dispatch, type Position, reasonCodes } from '@mesh/schemas'
import type { TopicNames } from '@mesh/topics'
import type { ControlState } from './control.ts'
import type { Refusal } from './ingress.ts'
import type { NoticeOut } from './verdict.ts'

/** A refusal can be told only to a registered source at an existing partition; otherwise the audit alone knows. */
export function refusalNotice (
  dispatch: Dispatch, ingress: Position, { code, message }: Refusal, control: ControlState, names: TopicNames
): NoticeOut | undefined {
  const source = control.agents.get(dispatch.source)?.registration
  const partition = dispatch.replyPartition
  if (source === undefined || partition === null || partition < 0 || partition >= source.answersPartitions) return undefined
  return {
    topic: names.answers(dispatch.source),
    partition,
    notice: {
      type: 'refused', dispatchId: dispatch.dispatchId, workflowId: dispatch.workflowId, sourceInstance: dispatch.sourceInstance,
      code, message, retriable: reasonCodes[code].retriable, retryAfterMs: null, ingress, slowDown: null
    }
  }
}

export function timeoutNotice (admission: AuditEvent, sourceInstance: string, partition: number, names: TopicNames): NoticeOut {
  return {
    topic: names.answers(admission.source!),
    partition,
    notice: {
      type: 'timed_out', dispatchId: admission.dispatchId!, workflowId: admission.workflowId!, sourceInstance,
      code: 'TIMEOUT', message: `'${admission.target}' did not answer '${admission.capability}' before its deadline`,
      retriable: reasonCodes.TIMEOUT.retriable, retryAfterMs: null, ingress: admission.ingress, slowDown: null
    }
  }
}
