// Says to a task in memory what agents say when things go wrong, and reads what it answered.
import type { Capability, Circuit, Dispatch } from '@mesh/schemas'
import { applyRegistration } from '../src/core/control.ts'
import type { DispatchPlan } from '../src/dispatch-task.ts'
import { agent, codec, control, dispatch, TaskHarness, until } from './task-harness.ts'

export const capability = (name: string, change: Partial<Capability> = {}): Capability =>
  ({ name, inputSchema: '{}', outputSchema: '{}', contractHash: name, retry: null, idleTimeoutMs: null, fallback: null, chainLimits: null, ...change })
export const looker = (change: Partial<Capability> = {}): void =>
  applyRegistration(control, { ...agent('looker', ['look'], []), capabilities: [capability('look', change)] }, 1)
export const retry = { attemptsMax: 3, backoffMs: 100, backoffMsMax: 1_000, codes: [] }

let answers = 0
/** What is said about the request 'd'. */
export const from = (source: string, change: Partial<Dispatch>): Partial<Dispatch> => ({ dispatchId: `r${answers++}`, inReplyTo: 'd', source, ttlMs: null, ...change })

export class FailureGround extends TaskHarness {
  /** Begins with no circuit and a target without any policy. */
  constructor () {
    super()
    looker()
    control.circuits.byKey.clear()
  }

  ask (change: Partial<Dispatch> = {}): Promise<DispatchPlan> { return this.round(this.record(dispatch({ ttlMs: 60_000, issuedAtMs: this.nowMs, ...change }))) }

  respond (change: Partial<Dispatch> = {}): Promise<DispatchPlan> { return this.ask(from('looker', { type: 'response', handlerMs: 7, ...change })) }

  fail (code = 'DOWN', retriable = true, change: Partial<Dispatch> = {}): Promise<DispatchPlan> {
    return this.ask(from('looker', { type: 'error', error: { code, message: 'm', retriable }, handlerMs: 3, ...change }))
  }

  /** Rounds as time passes, until something holds. */
  passes (stepMs: number, isSo: () => boolean): Promise<void> {
    return until(async () => {
      if (isSo()) return true
      this.nowMs += stepMs
      await this.round()
      return isSo()
    })
  }

  circuit (state: Circuit['state'], change: Partial<Circuit> = {}): void {
    control.circuits.heardAtMs = this.nowMs
    control.circuits.byKey.set('looker@1.0.0', {
      agent: 'looker', version: '1.0.0', state, episode: 'e1', sinceMs: this.nowMs, admitShare: 1, probesMax: 0, ...change
    } as Circuit)
  }

  deliveries () {
    return this.outputs.filter(({ topic }) => topic.startsWith('mesh.inbox.')).map(({ topic, value }) => ({ topic, ...codec.decode('Delivery', value!).decision }))
  }

  notices () { return this.#answers('Notice').map(({ value }) => codec.decode('Notice', value!)) }

  answered () { return this.#answers('Delivery').map(({ value, partition }) => ({ partition, ...codec.decode('Delivery', value!) })) }

  /** What was decided about a request after it was let through. */
  outcomes (id = 'd') {
    return this.decided.filter(({ dispatchId, type, decision }) => dispatchId === id && type === 'request' && decision !== 'delivered')
      .map(({ decision, outcome, reason }) => [decision, outcome, reason])
  }

  #answers (name: 'Notice' | 'Delivery') { return this.outputs.filter(({ topic, value }) => topic.startsWith('mesh.answers.') && codec.nameOf(value!) === name) }
}
