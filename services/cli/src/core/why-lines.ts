// The explanation of a dispatch as lines for a person.
import { duration } from './duration.ts'
import { clockTime } from './iso-time.ts'
import { paintOutcome, type Paint } from './paint.ts'
import { printable } from './printable.ts'
import { timePlaces } from './time-spent.ts'
import type { Decided, Numbers, Why } from './why.ts'

export function whyLines (why: Why, paint: Paint): string[] {
  const { dispatchId, workflowId, type, source, target, capability, priority, inReplyTo, outcome, decisions, related, progressCount } = why
  const about = inReplyTo === null ? [] : [paint.faint(`It is about ${printable(inReplyTo)}: \`npx mesh why ${printable(inReplyTo)}\` explains that.`)]
  const isOver = outcome === null ? paint.unsure('waits') : paintOutcome(outcome, paint)(printable(outcome))
  return [
    `${printable(type)} ${paint.strong(printable(dispatchId))} of workflow ${printable(workflowId)}`,
    `${printable(source)} → ${printable(target)}  ${printable(capability)}  ${priority === null ? '–' : `P${priority}`}  ${isOver}`,
    ...about,
    '',
    'What was decided',
    ...decisions.flatMap(decided => decidedLines(decided, paint)),
    ...progressCount > 0 ? [paint.faint(`  its handler said ${progressCount}× that it was alive`)] : [],
    ...related.flatMap(({ dispatchId: id, type: kind, source: from, decisions: about }) =>
      ['', `${printable(kind)} ${printable(id)} from ${printable(from)}`, ...about.flatMap(decided => decidedLines(decided, paint))]),
    '',
    'Where time went',
    ...timeLines(why, paint)
  ]
}

function decidedLines ({ at, decision, outcome, reason, meaning, next, numbers }: Decided, paint: Paint): string[] {
  const result = [outcome, reason].filter(part => part !== null).map(printable).join(' ')
  const head = `  ${paint.faint(clockTime(at))}  ${decision.padEnd(13)}  ${paintOutcome(outcome, paint)(result)}`.trimEnd()
  const indent = ' '.repeat(6)
  return [
    head,
    ...meaning === null ? [] : [`${indent}${meaning}${next === null || next.startsWith('Nothing') ? '' : ` ${next}`}`],
    ...numberTexts(numbers, decision).map(text => `${indent}${paint.faint(text)}`)
  ]
}

const passes: ReadonlySet<string> = new Set(['delivered', 'released', 'redelivered'])

/** What the decision was made from, in the order in which the mesh looks at it. */
function numberTexts (numbers: Numbers, decision: string): string[] {
  const { attempt, target, targetVersion, claimedPriority, quota, expectedWaitMs, circuit, fallbackFor, idleTimeoutMs, follows, agentMs, handlerMs } = numbers
  const { latencyMs, controlOffset, task, decidedBy, deliveredTo, ingress, due, deadline } = numbers
  const facts = [
    targetVersion === null ? null : `target ${printable(target)} ${printable(targetVersion)}`,
    attempt > 1 || decision === 'retried' ? `attempt ${attempt}` : null,
    fallbackFor === null ? null : `in the place of ${printable(fallbackFor)}`,
    follows === null ? null : `shares the outcome of ${printable(follows)}`,
    claimedPriority === null ? null : `claimed P${claimedPriority}`,
    due === null ? null : `until ${clockTime(due)}`,
    deadline === null ? null : `deadline ${clockTime(deadline)}`,
    idleTimeoutMs === null ? null : `idle timeout ${duration(idleTimeoutMs)}`,
    handlerMs === null ? null : `handler ${duration(handlerMs)}`,
    agentMs === null ? null : `with the agent ${duration(agentMs)}`
  ]
  const measured = [
    quota === null ? null : quotaText(quota),
    expectedWaitMs === null ? null : `expected wait ${duration(expectedWaitMs)}`,
    circuit === null ? passes.has(decision) ? 'circuit closed' : null : circuitText(circuit)
  ]
  const place = ingress.topic === '' ? null : `record ${printable(ingress.topic)}/${ingress.partition}/${ingress.offset}`
  const made = [
    place, deliveredTo === null ? null : `to ${printable(deliveredTo)}`, `${duration(latencyMs)} after append`,
    `control offset ${controlOffset}`, `task ${task}`, `by ${printable(decidedBy)}`
  ]
  return [facts, measured, made].map(some => some.filter(fact => fact !== null).join('; ')).filter(text => text !== '')
}

function quotaText ({ quotaId, ratePerS, burst, delayMs, backlogRecords, isLocal }: NonNullable<Numbers['quota']>): string {
  const slot = delayMs === 0 ? 'a slot at once' : `a slot in ${duration(delayMs)}, ${backlogRecords} waiting`
  return `quota ${printable(quotaId)} ${ratePerS}/s burst ${burst}: ${slot}${isLocal ? ' (counted by this coordinator alone)' : ''}`
}

function circuitText ({ state, episode, isProbe }: NonNullable<Numbers['circuit']>): string {
  return `circuit ${printable(state)}, episode ${printable(episode)}${isProbe ? ', as a probe' : ''}`
}

function timeLines ({ time, totalMs }: Why, paint: Paint): string[] {
  const widthMs = Math.max(...[...time, { ms: totalMs }].map(({ ms }) => duration(ms).length))
  const hasAttempts = time.some(({ attempt }) => attempt > 1)
  const lines = time.map(({ place, ms, attempt, isOpen }) => {
    const share = totalMs === 0 ? '' : `${Math.round(ms / totalMs * 100)} %`
    const notes = [hasAttempts && place !== 'topic' ? `attempt ${attempt}` : null, isOpen ? 'so far' : null].filter(note => note !== null).join(', ')
    return `  ${duration(ms).padStart(widthMs)}  ${share.padStart(5)}  ${timePlaces[place]}${notes === '' ? '' : paint.faint(` (${notes})`)}`
  })
  return [...lines, `  ${duration(totalMs).padStart(widthMs)}  ${paint.faint('  all')}`]
}
