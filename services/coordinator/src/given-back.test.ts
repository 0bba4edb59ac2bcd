import { beforeEach, describe, expect, test } from '@jest/globals'
import { type Dispatch, redriveProof } from '@mesh/schemas'
import { FailureGround, looker, retry } from '../test/failure-ground.ts'
import { codec, dispatch, names, redriveKey, signed, task } from '../test/task-harness.ts'
import { defaultSeenBounds } from './core/seen-window.ts'
import { TaskState } from './core/task-state.ts'
import { refuseUnreadable, type Rules } from './core/verdict.ts'
import type { Deferrals } from './deferrals.ts'
import { PlannedRound } from './planned-round.ts'

let ground: FailureGround
beforeEach(() => { ground = new FailureGround() })

describe('a repeat under an idempotency key', () => {
  const first = (change: Partial<Dispatch> = {}) => ground.ask({ idempotencyKey: 'order-7', ...change })
  const repeat = (change: Partial<Dispatch> = {}) => first({ dispatchId: 'again', replyPartition: 5, ...change })

  test.each([false, true])('waits with the first one and gets its answer (owner dies meanwhile: %s)', async dies => {
    await first()
    await repeat()
    expect(ground.decided.at(-1)).toMatchObject({ dispatchId: 'again', decision: 'repeated', reason: 'IDEMPOTENT_REPEAT', follows: 'd' })
    if (dies) ground.failOver()
    await ground.respond()
    if (dies) ground.failOver()
    await ground.passes(1, () => ground.answered().length === 2)
    expect(ground.answered().map(({ partition, decision }) => [partition, decision.answers])).toEqual([[0, null], [5, 'again']])
    expect(ground.outcomes('again').at(-1)).toEqual(['completed', 'success', null])
    expect(ground.deliveries()).toHaveLength(1)
  })

  test('that comes after the answer gets it, too, and so does an error', async () => {
    await first()
    await ground.fail('SOLD_OUT', false)
    await repeat()
    await ground.passes(1, () => ground.answered().length === 2)
    expect(ground.outcomes('again').at(-1)).toEqual(['completed', 'failure', 'HANDLER_FAILED'])
    expect(ground.deliveries()).toHaveLength(1)
  })

  test('of a request that timed out is told so', async () => {
    await first({ ttlMs: 100 })
    await repeat()
    await ground.passes(20, () => ground.notices().length === 2)
    expect(ground.notices()).toMatchObject([{ dispatchId: 'd', code: 'TIMEOUT' }, { dispatchId: 'again', code: 'TIMEOUT' }])
    expect(ground.outcomes('again').at(-1)).toEqual(['timed_out', 'timeout', 'TIMEOUT'])
  })

  test('has a deadline of its own', async () => {
    await first()
    await repeat({ ttlMs: 50 })
    await ground.passes(10, () => ground.outcomes('again').length === 2)
    expect(ground.outcomes('again').at(-1)).toEqual(['timed_out', 'timeout', 'TIMEOUT'])
    await ground.respond()
    expect(ground.answered()).toHaveLength(1)
  })

  test('with another content is a conflict', async () => {
    await first()
    await repeat({ payload: Buffer.from('{"other":1}') })
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'refused', reason: 'IDEMPOTENCY_CONFLICT' })
  })

  test('of an event is not delivered', async () => {
    await first({ type: 'event', ttlMs: null })
    await repeat({ type: 'event', ttlMs: null })
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'repeated', follows: 'd', outcome: 'success' })
    expect(ground.deliveries()).toHaveLength(1)
  })
})

describe('what a target gives back', () => {
  const givenBack = (change: Partial<Dispatch> = {}) => {
    const payload = signed(codec.encode('Dispatch', dispatch({ ttlMs: 60_000 })))
    return ground.fail('SET_ASIDE', false, { contentType: 'application/vnd.mesh.signed-dispatch', payload, ...change })
  }
  const deadLetters = () => ground.outputs.filter(({ topic }) => topic === names.deadLetter).map(({ value }) => codec.decode('DeadLetter', value!))

  test('is kept whole, and the caller of a request is told', async () => {
    looker({ retry })
    await ground.ask()
    await givenBack()
    expect(deadLetters()).toMatchObject([{ code: 'SET_ASIDE', dispatchId: 'd', target: 'looker', value: signed(codec.encode('Dispatch', dispatch({ ttlMs: 60_000 }))) }])
    expect(ground.outcomes()).toEqual([['completed', 'failure', 'SET_ASIDE']])
    expect(ground.answered()).toHaveLength(1)
  })

  test('may be an event; a second time it is not known', async () => {
    await ground.ask({ type: 'event', ttlMs: null })
    await givenBack()
    await givenBack()
    expect(ground.decided.slice(1).map(({ decision, reason }) => [decision, reason])).toEqual([['delivered', null], ['dead_lettered', 'SET_ASIDE'], ['refused', 'REPLY_UNKNOWN']])
    expect(deadLetters()).toHaveLength(1)
  })

  test('can be redriven by the control plane, and by nobody else', async () => {
    await ground.ask()
    await givenBack()
    const unproven = { value: deadLetters()[0]!.value!, deadLetter: { topic: names.deadLetter, partition: task, offset: 0 }, who: 'ops', why: 'mended', atMs: ground.nowMs }
    const redrive = (key: Buffer) => ground.round(ground.record(codec.encode('Redrive', { ...unproven, proof: redriveProof(key, unproven) })))
    await redrive(Buffer.from('an agent\'s key'))
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'refused', reason: 'REDRIVE_REFUSED' })
    await redrive(redriveKey)
    expect(ground.decided.at(-1)).toMatchObject({ dispatchId: 'd', decision: 'delivered', reason: 'REDRIVEN' })
    await redrive(redriveKey)
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'refused', reason: 'REDRIVE_REFUSED' })
    ground.failOver()
    await ground.respond()
    expect(ground.outcomes().at(-1)).toEqual(['completed', 'success', null])
  })
})

test('a dead letter finds a partition, however many tasks there are', async () => {
  const round = new PlannedRound(new TaskState(4, defaultSeenBounds), { task: 9, names, codec, deferrals: {} as Deferrals })
  const record = ground.record(Buffer.from('garbage'))
  const decoded = { ingress: { kind: 'unreadable', facts: { position: record, lane: 0, appendedAtMs: 0, key: null }, code: 'GARBAGE', message: 'm' } } as const
  round.add(refuseUnreadable(decoded.ingress, decoded.ingress, { context: { nowMs: 0, task: 9, taskCount: 12, decidedBy: 'c', controlOffset: 0, payloadHashKeyId: 'k' } } as Rules), record, decoded)
  expect(round.plan.outputs).toMatchObject([{ topic: names.deadLetter, partition: 1 }])
})
