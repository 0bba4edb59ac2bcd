// What the topics say about a run, against what was sent. Shares nothing with the coordinator but the schemas.
import type { Dispatch } from '@mesh/schemas'
import type { MeshStand } from './mesh-stand.ts'

const admissions: ReadonlySet<string> = new Set(['delivered', 'deferred'])

/** Ids, so that a failing run names its culprits. */
export interface Judgement {
  readonly undelivered: readonly string[]
  readonly deliveredTwice: readonly string[]
  readonly undecided: readonly string[]
  readonly decidedTwice: readonly string[]
  readonly withoutOutcome: readonly string[]
  readonly outcomeTwice: readonly string[]
  readonly outOfOrder: readonly string[]
  readonly notSuccessful: readonly string[]
}

export const flawless: Judgement = {
  undelivered: [], deliveredTwice: [], undecided: [], decidedTwice: [], withoutOutcome: [], outcomeTwice: [], outOfOrder: [], notSuccessful: []
}

const stillMsMax = 60_000

/** Waits for every outcome, as long as anything moves, and for all else that was decided by then. */
export async function settleAndJudge (sent: readonly Dispatch[], stand: MeshStand): Promise<Judgement> {
  const requests = sent.filter(({ type }) => type === 'request').length
  const outcomes = () => stand.audit.filter(({ value: { decision } }) => decision === 'completed' || decision === 'timed_out').length
  for (let before = -1; outcomes() < requests && outcomes() > before;) {
    before = outcomes()
    // What is missing then, the judgement names.
    await stand.until('a further outcome', () => outcomes() > before, stillMsMax).catch(() => undefined)
  }
  await stand.settled()
  return judge(sent, stand)
}

export function judge (sent: readonly Dispatch[], stand: MeshStand): Judgement {
  const deliveries = counted([
    ...stand.inbox.map(({ value: { dispatch } }) => dispatch.dispatchId),
    ...stand.answers.flatMap(({ value: { dispatch } }) => dispatch === undefined ? [] : [dispatch.dispatchId])
  ])
  const decisions = counted(stand.audit.filter(({ value }) => admissions.has(value.decision)).map(({ value }) => value.dispatchId!))
  const outcomes = counted(stand.audit.filter(({ value }) => value.decision === 'completed' || value.decision === 'timed_out').map(({ value }) => value.dispatchId!))
  const requests = sent.filter(({ type }) => type === 'request')
  const twice = (counts: ReadonlyMap<string, number>) => [...counts].filter(([, times]) => times > 1).map(([id]) => id)
  const lacking = (dispatches: readonly Dispatch[], counts: ReadonlyMap<string, number>) =>
    dispatches.map(({ dispatchId }) => dispatchId).filter(id => !counts.has(id))
  return {
    undelivered: lacking(sent, deliveries),
    deliveredTwice: twice(deliveries),
    undecided: lacking(sent, decisions),
    decidedTwice: twice(decisions),
    withoutOutcome: lacking(requests, outcomes),
    outcomeTwice: twice(outcomes),
    outOfOrder: outOfOrder(sent, stand),
    notSuccessful: stand.audit.filter(({ value: { outcome } }) => outcome !== null && outcome !== 'success').map(({ value }) => `${value.dispatchId}: ${value.reason}`)
  }
}

function counted (ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

/** Within a workflow and priority, what was sent first arrives first. */
function outOfOrder (sent: readonly Dispatch[], { inbox }: MeshStand): string[] {
  const orderOf = new Map(sent.map(({ dispatchId }, order) => [dispatchId, order]))
  const latest = new Map<string, number>()
  const wrong: string[] = []
  for (const { value: { dispatch: { dispatchId, workflowId, priority } } } of inbox) {
    const lane = `${workflowId}/${priority}`
    const order = orderOf.get(dispatchId)!
    if (order < (latest.get(lane) ?? -1)) wrong.push(dispatchId)
    latest.set(lane, order)
  }
  return wrong
}
