import { beforeEach, describe, expect, test } from '@jest/globals'
import type { ChainHop } from '@mesh/schemas'
import { FailureGround, from, looker, retry } from '../test/failure-ground.ts'
import { agent, control } from '../test/task-harness.ts'
import { cutsMax } from './core/chain-limits.ts'
import { applyRegistration } from './core/control.ts'

let ground: FailureGround
beforeEach(() => { ground = new FailureGround() })

describe('a circuit', () => {
  test('that is open answers at once', async () => {
    ground.circuit('open')
    await ground.ask()
    expect(ground.decided).toMatchObject([{ decision: 'refused', outcome: 'circuit_broken', reason: 'CIRCUIT_OPEN', circuit: { state: 'open', episode: 'e1' } }])
    expect(ground.notices()).toMatchObject([{ type: 'refused', code: 'CIRCUIT_OPEN', retriable: true }])
    expect(ground.deliveries()).toEqual([])
  })

  test('of which nothing was heard for long is unknown, and unknown cuts nobody off', async () => {
    ground.circuit('open')
    ground.nowMs += 10_001
    await ground.ask()
    expect(ground.deliveries()).toHaveLength(1)
  })

  test('that is open gives the fixed answer, or the fixed error, that the target registered', async () => {
    const nothing = { capability: null, contentType: 'application/json', payload: null, code: null, message: null }
    looker({ fallback: { ...nothing, kind: 'reply', payload: Buffer.from('{"calm":true}') } })
    ground.circuit('open')
    await ground.ask()
    expect(ground.decided.at(-1)).toMatchObject({ outcome: 'circuit_broken', reason: 'CIRCUIT_FALLBACK', fallbackFor: 'looker' })
    expect(ground.notices().at(-1)).toMatchObject({ type: 'fallback', code: 'CIRCUIT_FALLBACK', fallback: { payload: Buffer.from('{"calm":true}') } })
    looker({ fallback: { ...nothing, kind: 'error', code: 'CLOSED_FOR_TODAY', message: 'come again' } })
    await ground.ask({ dispatchId: 'e' })
    expect(ground.notices().at(-1)).toMatchObject({ type: 'refused', code: 'CLOSED_FOR_TODAY', message: 'come again' })
  })

  test('that is open sends to the stand-in, whose answer counts; one whose own circuit is open is not asked', async () => {
    const fallback = { kind: 'capability' as const, capability: 'guess', contentType: '', payload: null, code: null, message: null }
    looker({ fallback })
    applyRegistration(control, agent('guesser', ['guess'], []), 3)
    ground.circuit('open')
    await ground.ask()
    expect(ground.deliveries()).toMatchObject([{ topic: 'mesh.inbox.guesser.p0', target: 'guesser', capability: 'guess' }])
    expect(ground.decided).toMatchObject([{ decision: 'delivered', reason: 'CIRCUIT_FALLBACK', fallbackFor: 'looker', target: 'guesser' }])
    await ground.ask(from('guesser', { type: 'response' }))
    expect(ground.outcomes()).toEqual([['completed', 'success', null]])
    control.circuits.byKey.set('guesser@1.0.0', { ...control.circuits.byKey.get('looker@1.0.0')!, agent: 'guesser' })
    await ground.ask({ dispatchId: 'e' })
    expect(ground.decided.at(-1)).toMatchObject({ reason: 'CIRCUIT_OPEN', target: 'looker' })
  })

  test('that is half open lets its part of the probes through, also after the owner died, and again when published anew', async () => {
    const tasks = 4
    ground.circuit('half_open', { probesMax: 2 * tasks })
    for (const id of ['d', 'e', 'f']) await ground.ask({ dispatchId: id })
    expect(ground.decided.map(({ decision, circuit }) => [decision, circuit!.isProbe])).toEqual([['delivered', true], ['delivered', true], ['refused', false]])
    ground.failOver()
    await ground.ask({ dispatchId: 'g' })
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'refused' })
    await ground.respond()
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'completed', circuit: { isProbe: true } })
    ground.nowMs += 1_000
    ground.circuit('half_open', { probesMax: 2 * tasks })
    await ground.ask({ dispatchId: 'h' })
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'delivered' })
  })

  test('that opened while a dispatch waited ends it when its time comes', async () => {
    ground.quota.delayMs = 300
    await ground.ask()
    ground.circuit('open')
    await ground.passes(50, () => ground.outcomes().length === 2)
    expect(ground.outcomes().at(-1)).toEqual(['refused', 'circuit_broken', 'CIRCUIT_OPEN'])
    expect(ground.deferred.at(-1)).toMatchObject({ value: null })
  })

  test('that opened between two attempts ends the request', async () => {
    looker({ retry })
    await ground.ask()
    await ground.fail()
    ground.circuit('open')
    await ground.passes(10, () => ground.outcomes().length === 2)
    expect(ground.outcomes().at(-1)).toEqual(['completed', 'circuit_broken', 'CIRCUIT_OPEN'])
    expect(ground.notices()).toMatchObject([{ code: 'CIRCUIT_OPEN' }])
  })
})

describe('a loop', () => {
  const hop = (name: string, n: number) => ({ agent: name, dispatchId: `c${n}`, link: '' })
  const chained = (chain: ChainHop[], id = 'd') => ground.ask({ dispatchId: id, chain, parentId: 'p' })

  test.each([
    ['too deep', { chainLimits: { depthMax: 2, visitsMax: null, workflowHopsMax: null } }, [hop('a', 1), hop('b', 2), hop('c', 3)], 'CHAIN_TOO_DEEP'],
    ['through the target again', { chainLimits: { depthMax: null, visitsMax: 2, workflowHopsMax: null } }, [hop('looker', 1), hop('b', 2), hop('looker', 3)], 'CHAIN_CYCLE']
  ])('%s is cut, and its source told', async (_what, change, chain, code) => {
    looker(change)
    await chained(chain.slice(0, -1))
    await chained(chain, 'e')
    expect(ground.decided).toMatchObject([{ decision: 'delivered' }, { decision: 'refused', reason: code, target: 'looker' }])
    expect(ground.notices()).toMatchObject([{ code, retriable: false }])
  })

  test('of a workflow that goes on and on is cut; what a source begins does not count', async () => {
    looker({ chainLimits: { depthMax: null, visitsMax: null, workflowHopsMax: 3 } })
    for (let n = 0; n < 3; n++) await ground.ask({ dispatchId: `root${n}` })
    for (let n = 0; n < 4; n++) await chained([hop('a', 1)], `hop${n}`)
    expect(ground.decided.map(({ reason }) => reason)).toEqual([null, null, null, null, null, null, 'WORKFLOW_HOPS_SPENT'])
  })

  test('that its source goes on with has it held off in that workflow', async () => {
    looker({ chainLimits: { depthMax: 1, visitsMax: null, workflowHopsMax: null } })
    for (let n = 0; n < cutsMax; n++) await chained([hop('a', 1), hop('b', 2)], `deep${n}`)
    await chained([hop('a', 1)], 'shallow')
    expect(ground.decided.at(-1)).toMatchObject({ reason: 'LOOP_THROTTLED' })
    const { code, retryAfterMs } = ground.notices().at(-1)!
    expect(code).toBe('LOOP_THROTTLED')
    ground.nowMs += retryAfterMs!
    await chained([hop('a', 1)], 'later')
    expect(ground.decided.at(-1)).toMatchObject({ decision: 'delivered' })
  })
})
