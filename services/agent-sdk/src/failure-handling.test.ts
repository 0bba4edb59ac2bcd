// What one instance does when things fail: attempts, and what is given up.
import { describe, expect, jest, test } from '@jest/globals'
import { type Dispatch, localCodec } from '@mesh/schemas'
import { answerTo, blank, noticeOf, received, setting, type SettingOptions } from '../test/instance-ground.ts'
import { AgentError, MeshError } from './errors.ts'
import type { Recover } from './exchange-parts.ts'
import type { AnyHandler } from './pipeline.ts'

const moment = () => new Promise(setImmediate)
const asksLookup: AnyHandler = (_, mesh) => mesh.call('lookup', {})
const attempt = (number: number) => ({ attempt: number })
const ids = (sent: readonly Dispatch[]): string[] => sent.map(({ dispatchId }) => dispatchId)

describe('an answer', () => {
  test('says how long its handler ran, by a clock that never goes back, and nothing where none ran', async () => {
    const { instance, sent } = setting(async () => {
      const overAtMs = performance.now() + 20
      while (performance.now() < overAtMs) await moment()
    }, { policy: {} })
    await instance.receive(received())
    await instance.receive(received({ dispatchId: 'd-2', capability: 'other' }))
    expect(sent[0]!.handlerMs).toBeGreaterThanOrEqual(20)
    expect(sent[1]).toMatchObject({ error: { code: 'NO_HANDLER' }, handlerMs: null })
  })

  test('has an id of its own in each attempt, the same when the attempt runs again', async () => {
    const answerIds: string[] = []
    for (const number of [1, 1, 2, 3]) {
      const { instance, sent } = setting((_, mesh) => mesh.attempt)
      await instance.receive(received({}, undefined, null, attempt(number)))
      expect(sent[0]!.payload.toString()).toBe(String(number))
      answerIds.push(...ids(sent))
    }
    expect(answerIds[0]).toBe(answerIds[1])
    expect(new Set(answerIds).size).toBe(3)
  })

  test('comes from the capability that stands in, and repeats the one that was asked for', async () => {
    const { instance, sent } = setting(() => 7)
    await instance.receive(received({ capability: 'plan_best' }, undefined, null, { capability: 'plan' }))
    expect(sent).toMatchObject([{ type: 'response', capability: 'plan_best', payload: Buffer.from('7') }])
  })
})

describe('a later attempt', () => {
  const recovering = (answers: Record<string, Partial<Dispatch> | 'absent' | undefined>): Recover => async id => {
    const found = answers[id]
    if (found === undefined || found === 'absent') return found
    const { delivery, dispatch } = answerTo({ ...blank, dispatchId: id })
    return { delivery, dispatch: { ...dispatch, ...found } }
  }
  const failure: Partial<Dispatch> = { type: 'error', error: { code: 'MEMORY_DOWN', message: 'm', retriable: true } }

  /** Runs an attempt whose calls are told that they were sent before; returns the ids that it sent and its answer. */
  async function run (number: number, answers: Parameters<typeof recovering>[0]) {
    const { instance, sent } = setting(asksLookup, { recover: recovering(answers) })
    const handled = instance.receive(received({}, undefined, null, attempt(number)))
    const asked: string[] = []
    for (await moment(); sent.at(-1)?.capability === 'lookup'; await moment()) {
      const call = sent.at(-1)!
      if (asked.includes(call.dispatchId)) break
      asked.push(call.dispatchId)
      if (call.dispatchId in answers) instance.onNotice(noticeOf(call.dispatchId))
      else instance.onAnswer(answerTo(call).delivery, answerTo(call).dispatch)
    }
    await handled
    return { asked, answer: sent.at(-1)! }
  }

  test('asks under the ids of the first, and takes an answer from then', async () => {
    const first = await run(1, {})
    const second = await run(2, { [first.asked[0]!]: {} })
    expect(second.asked).toEqual(first.asked)
    expect(second.answer).toMatchObject({ type: 'response', payload: Buffer.from('7') })
  })

  test('asks again under a new id where the first was answered with a failure, or not at all', async () => {
    const { asked: [firstId] } = await run(1, {})
    for (const outcome of [failure, 'absent'] as const) {
      const { asked, answer } = await run(2, { [firstId!]: outcome })
      expect(asked[0]).toBe(firstId)
      expect(asked).toHaveLength(2)
      expect(answer.type).toBe('response')
    }
  })

  test('the third finds what the second was answered, and asks nothing a second time', async () => {
    const { asked: [firstId] } = await run(1, {})
    const { asked: [, secondId] } = await run(2, { [firstId!]: failure })
    const third = await run(3, { [firstId!]: failure, [secondId!]: {} })
    expect(third.asked).toEqual([firstId, secondId])
    expect(third.answer.type).toBe('response')
  })

  test('a first attempt that runs again keeps to the failure that it had', async () => {
    const { asked: [firstId] } = await run(1, {})
    const { asked, answer } = await run(1, { [firstId!]: failure })
    expect(asked).toEqual([firstId])
    expect(answer.error!.message).toContain('MEMORY_DOWN')
  })

  test('does nothing twice where it can\'t be told how the first ended', async () => {
    const { asked: [firstId] } = await run(1, {})
    const { asked, answer } = await run(2, { [firstId!]: undefined })
    expect(asked).toEqual([firstId])
    expect(answer.error).toMatchObject({ code: 'HANDLER_FAILED', retriable: false })
  })

  test('overtakes one that still runs: its signal is aborted, its outcome is not told', async () => {
    const signals: AbortSignal[] = []
    const ends: ((value: number) => void)[] = []
    const { instance, sent } = setting((_, mesh) => new Promise(resolve => {
      signals.push(mesh.signal)
      ends.push(resolve)
    }))
    const first = instance.receive(received())
    await moment()
    const second = instance.receive(received({}, undefined, null, attempt(2)))
    await moment()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    expect(instance.running).toBe(2)
    ends.forEach((end, index) => end(index + 1))
    expect(await Promise.all([first, second])).toEqual([{ type: 'done', error: null }, { type: 'done', error: null }])
    expect(sent.map(({ payload }) => payload.toString())).toEqual(['2'])
  })

  test('takes over the calls that the one before still waits for', async () => {
    const { instance, sent } = setting(asksLookup)
    const first = instance.receive(received())
    await moment()
    const second = instance.receive(received({}, undefined, null, attempt(2)))
    await moment()
    expect(sent.map(({ dispatchId }) => dispatchId)).toEqual([sent[0]!.dispatchId, sent[0]!.dispatchId])
    const { delivery, dispatch } = answerTo(sent[0]!)
    instance.onAnswer(delivery, dispatch)
    await Promise.all([first, second])
    expect(sent.slice(2)).toMatchObject([{ type: 'response', payload: Buffer.from('7') }])
  })

  test('an earlier attempt that is read again while the later one runs is passed over', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<number>()
    const handler = jest.fn<AnyHandler>().mockReturnValue(held)
    const { instance } = setting(handler)
    const second = instance.receive(received({}, undefined, null, attempt(2)))
    expect(await instance.receive(received())).toEqual({ type: 'done', error: null })
    release(7)
    await second
    expect(handler).toHaveBeenCalledTimes(1)
  })
})

describe('an event whose handler fails', () => {
  const codec = localCodec()
  const event = { type: 'event', ttlMs: null } as const
  const policy: SettingOptions['policy'] = { retry: { attemptsMax: 3, backoffMs: 1, backoffMsMax: 2 } }

  test('is handled again as its capability says, with the same ids, and then it is done', async () => {
    const attempts: number[] = []
    const { instance, sent } = setting(async (_, mesh) => {
      attempts.push(mesh.attempt)
      await mesh.send('lookup', 1)
      if (attempts.length < 3) throw new AgentError('MAIL_DOWN', 'no mail', { retriable: true })
    }, { policy })
    expect(await instance.receive(received(event, null))).toEqual({ type: 'done', error: null })
    expect(attempts).toEqual([1, 2, 3])
    expect(new Set(ids(sent)).size).toBe(1)
    expect(instance.counters.read()).toMatchObject({ retried: 2, handled: 1, failed: 0 })
  })

  test('for good goes back to the mesh as it came', async () => {
    const { instance, sent } = setting(() => { throw new AgentError('MAIL_DOWN', 'no mail', { retriable: true }) }, { policy })
    const { delivery, dispatch } = received(event, null)
    expect(await instance.receive({ delivery, dispatch })).toMatchObject({ type: 'done', error: { code: 'MAIL_DOWN' } })
    expect(sent).toMatchObject([{
      type: 'error', inReplyTo: 'd-1', error: { code: 'HANDLER_FAILED', message: 'MAIL_DOWN: no mail', retriable: true }, contentType: 'application/vnd.mesh.signed-dispatch', handlerMs: expect.any(Number)
    }])
    expect(codec.decode('SignedDispatch', sent[0]!.payload)).toEqual(delivery.dispatch)
    expect(instance.counters.read()).toMatchObject({ retried: 2, failed: 1 })
  })

  test('without a policy is handled once', async () => {
    const handler = jest.fn<AnyHandler>().mockImplementation(() => { throw new Error('x') })
    const { instance, sent } = setting(handler)
    await instance.receive(received(event, null))
    expect(handler).toHaveBeenCalledTimes(1)
    expect(sent).toMatchObject([{ type: 'error', error: { code: 'HANDLER_FAILED' } }])
  })

  test('so large that nothing fits around it is told of without it', async () => {
    const { instance, sent, failures } = setting(() => { throw new Error('x') })
    failures.push(new MeshError('VALUE_TOO_LARGE', 'large', { retriable: false }))
    await instance.receive(received(event, null))
    expect(sent).toMatchObject([{ type: 'error', inReplyTo: 'd-1', contentType: 'application/vnd.mesh.signed-dispatch', payload: Buffer.alloc(0) }])
  })

  test('waits for its next attempt no longer than its agent runs, and is left to another instance', async () => {
    const { instance, sent } = setting(() => { throw new Error('x') }, { policy: { retry: { attemptsMax: 2, backoffMs: 60_000, backoffMsMax: 60_000 } } })
    const run = instance.receive(received(event, null))
    await moment()
    await instance.drain(10)
    expect(await run).toEqual({ type: 'left' })
    expect(sent).toEqual([])
  })

  test('and whose sends the mesh has seen before tells nobody of it', async () => {
    const { agent, instance, sent } = setting(async (_, mesh) => { await mesh.send('lookup', 1) })
    const refused: unknown[] = []
    agent.onRefused(refusal => refused.push(refusal))
    await instance.receive(received(event, null))
    instance.onNotice(noticeOf(sent[0]!.dispatchId))
    expect(refused).toEqual([])
  })
})

describe('what ended its process again and again', () => {
  test('goes back to the mesh unhandled', async () => {
    const handler = jest.fn<AnyHandler>()
    const { instance, sent } = setting(handler)
    expect(await instance.setAside(received(), 3)).toEqual({ type: 'done', error: null })
    expect(handler).not.toHaveBeenCalled()
    expect(sent).toMatchObject([{ type: 'error', inReplyTo: 'd-1', error: { code: 'SET_ASIDE', retriable: false, message: expect.stringContaining('3 times') } }])
  })

  test('is just passed over when its deadline has come', async () => {
    const { instance, sent } = setting(() => null)
    instance.brokerClock.observe(received().delivery.decision.deadlineAtMs!, performance.now())
    await instance.setAside(received(), 3)
    expect(sent).toEqual([])
    expect(instance.counters.read()).toMatchObject({ expired: 1, setAside: 0 })
  })
})
