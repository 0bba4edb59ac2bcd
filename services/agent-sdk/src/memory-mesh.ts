// A mesh in memory for tests of agents: what a coordinator decides, as far as an agent can see it, with no broker.
// It carries real bytes, so whatever can't cross the wire fails here too. What it doesn't imitate says the README.
import { type Codec, type Decision, type Delivery, type Dispatch, localCodec, type ReasonCode, reasonCodes } from '@mesh/schemas'
import { createLogger } from '@mesh/runtime'
import type { Agent } from './agent.ts'
import { partsOf } from './agent-parts.ts'
import type { Carrier } from './carrier.ts'
import { AgentInstance } from './instance.ts'
import type { HandlingOutcome } from './pipeline.ts'
import { fromWire, unsignedOf } from './wire.ts'

export type Stub = (input: unknown) => unknown

interface Member {
  readonly agent: Agent
  readonly instance: AgentInstance
  readonly offers: ReadonlySet<string>
  /** Undefined: anything. */
  readonly mayCall: ReadonlySet<string> | undefined
}

/** A workflow that a test looks at. */
interface Watched {
  readonly stubs: Readonly<Record<string, Stub>>
  readonly outcomes: HandlingOutcome[]
  readonly running: Set<Promise<void>>
}

interface Waiting {
  readonly source: Member
  /** Undefined for a stub. */
  readonly target: Member | undefined
  readonly timer: NodeJS.Timeout
}

const callsMax = 10_000
const recordedMax = 100_000

export class MemoryMesh {
  readonly codec: Codec = localCodec()
  /** Everything that was sent, oldest first; at most 100,000. */
  readonly sent: Dispatch[] = []
  readonly #logger = createLogger({ name: 'memory-mesh', level: 'silent' })
  readonly #members = new Map<string, Member>()
  readonly #waiting = new Map<string, Waiting>()
  readonly #seen = new Set<string>()
  readonly #watched = new Map<string, Watched>()
  #offset = 0

  join (agent: Agent, options: { readonly mayCallAnything?: boolean } = {}): void {
    const parts = partsOf(agent)
    const carrier: Carrier = { send: dispatch => this.#take(dispatch) }
    const identity = { name: agent.name, version: agent.version, instance: `${agent.name}-in-memory`, replyPartition: 0 }
    const instance = new AgentInstance({ parts, identity, carrier, codec: this.codec, logger: this.#logger, callsMax })
    this.#members.set(agent.name, {
      agent, instance,
      offers: new Set(Object.keys(parts.contracts)),
      mayCall: options.mayCallAnything === true ? undefined : new Set(parts.definition.dependencies ?? [])
    })
    parts.attach({ instance, problem: () => undefined, queued: () => 0, stop: () => instance.drain(1_000) })
  }

  /** Answers these capabilities within the workflow in place of an agent, and keeps how its handlers end. */
  watch (workflowId: string, stubs: Readonly<Record<string, Stub>>): void { this.#watched.set(workflowId, { stubs, outcomes: [], running: new Set() }) }

  /** Resolves when no handler of the workflow runs any more, with how they ended. */
  async settled (workflowId: string): Promise<readonly HandlingOutcome[]> {
    const watched = this.#watched.get(workflowId)!
    for (;;) {
      await new Promise(setImmediate)
      if (watched.running.size === 0) return watched.outcomes
      await Promise.all(watched.running)
    }
  }

  async stop (): Promise<void> {
    await Promise.all([...this.#members.values()].map(member => member.agent.stop()))
    for (const { timer } of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
  }

  async #take (dispatch: Dispatch): Promise<void> {
    const value = unsignedOf(this.codec, dispatch)
    if (this.sent.length < recordedMax) this.sent.push(dispatch)
    const source = this.#members.get(dispatch.source)!
    // As over a broker: nothing of the answer happens before the send has returned.
    setImmediate(() => {
      if (dispatch.type === 'cancel') this.#cancel(dispatch.inReplyTo!)
      else if (dispatch.type === 'progress') return
      else if (dispatch.inReplyTo !== null) this.#answer(dispatch, value)
      else this.#pass(source, dispatch, value)
    })
  }

  #pass (source: Member, dispatch: Dispatch, value: Buffer): void {
    const { dispatchId, capability, workflowId } = dispatch
    if (source.mayCall?.has(capability) === false) return this.#refuse(source, dispatch, 'UNDECLARED_DEPENDENCY', `'${dispatch.source}' did not declare '${capability}' as a dependency`)
    if (this.#seen.has(dispatchId)) {
      if (!this.#waiting.has(dispatchId)) this.#refuse(source, dispatch, 'DUPLICATE', 'the same dispatch was seen before')
      return
    }
    const stub = this.#watched.get(workflowId)?.stubs[capability]
    const target = dispatch.target === null ? [...this.#members.values()].find(member => member.offers.has(capability)) : this.#members.get(dispatch.target)
    const found = stub !== undefined || target?.offers.has(capability) === true
    // An event that nobody in the test handles is recorded, and that is all a test wants of it.
    if (!found && dispatch.type === 'event') return
    if (!found) return this.#refuse(source, dispatch, 'UNKNOWN_CAPABILITY', `no agent and no stub offers '${capability}'`)
    this.#seen.add(dispatchId)
    if (dispatch.type === 'request') {
      const timer = setTimeout(() => this.#timeOut(dispatch), dispatch.ttlMs!)
      this.#waiting.set(dispatchId, { source, target: stub === undefined ? target : undefined, timer })
    }
    if (stub !== undefined) void this.#runStub(stub, dispatch)
    else this.#run(target!, dispatch, value)
  }

  #run (target: Member, dispatch: Dispatch, value: Buffer): void {
    const received = fromWire(this.codec, this.#deliver(dispatch, value, target.agent))
    target.instance.observe(received.delivery)
    const watched = this.#watched.get(dispatch.workflowId)
    const run: Promise<void> = target.instance.receive(received).then(outcome => {
      watched?.outcomes.push(outcome)
      watched?.running.delete(run)
    })
    watched?.running.add(run)
  }

  async #runStub (stub: Stub, request: Dispatch): Promise<void> {
    const base = {
      ...request, dispatchId: `${request.dispatchId}/stub`, inReplyTo: request.dispatchId, source: 'stub', sourceVersion: '0.0.0', sourceInstance: 'stub', ttlMs: null
    }
    try {
      const output = await stub(JSON.parse(request.payload.toString()))
      if (request.type === 'request') await this.#answerFromStub({ ...base, type: 'response', payload: Buffer.from(JSON.stringify(output ?? null)) })
    } catch (error) {
      const { code = 'HANDLER_FAILED', retriable = false, message } = error as { code?: string, retriable?: boolean, message: string }
      if (request.type === 'request') await this.#answerFromStub({ ...base, type: 'error', payload: Buffer.alloc(0), error: { code, message, retriable } })
    }
  }

  async #answerFromStub (answer: Dispatch): Promise<void> {
    this.#answer(answer, unsignedOf(this.codec, answer))
  }

  #answer (answer: Dispatch, value: Buffer): void {
    const waiting = this.#waiting.get(answer.inReplyTo!)
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    this.#waiting.delete(answer.inReplyTo!)
    const { delivery, dispatch } = fromWire(this.codec, this.#deliver(answer, value, waiting.source.agent))
    waiting.source.instance.onAnswer(delivery, dispatch)
  }

  #cancel (requestId: string): void {
    const waiting = this.#waiting.get(requestId)
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    this.#waiting.delete(requestId)
    waiting.target?.instance.cancel(requestId)
  }

  #timeOut (request: Dispatch): void {
    const waiting = this.#waiting.get(request.dispatchId)
    if (waiting === undefined) return
    this.#waiting.delete(request.dispatchId)
    this.#tell(waiting.source, request, 'timed_out', 'TIMEOUT', `'${request.capability}' was not answered before its deadline`)
  }

  #refuse (source: Member, dispatch: Dispatch, code: ReasonCode, message: string): void { this.#tell(source, dispatch, 'refused', code, message) }

  #tell (source: Member, dispatch: Dispatch, type: 'refused' | 'timed_out', code: ReasonCode, message: string): void {
    source.instance.onNotice({
      type, dispatchId: dispatch.dispatchId, workflowId: dispatch.workflowId, sourceInstance: dispatch.sourceInstance, code, message,
      retriable: reasonCodes[code].retriable, retryAfterMs: null, ingress: this.#position(dispatch), slowDown: null, fallback: null
    })
  }

  #deliver (dispatch: Dispatch, value: Buffer, target: Agent): Buffer {
    const nowMs = Date.now()
    const decision: Decision = {
      ingress: this.#position(dispatch), appendedAtMs: nowMs, decidedAtMs: nowMs, deadlineAtMs: dispatch.ttlMs === null ? null : nowMs + dispatch.ttlMs,
      attempt: 1, target: target.name, targetVersion: target.version, controlOffset: 0, priority: null, isExpectedLate: false, dueAtMs: null,
      capability: null, answers: null
    }
    const delivery: Delivery = { dispatch: this.codec.decode('SignedDispatch', value), decision }
    return this.codec.encode('Delivery', delivery)
  }

  #position (dispatch: Dispatch): Decision['ingress'] { return { topic: `memory.dispatch.p${dispatch.priority}`, partition: 0, offset: this.#offset++ } }
}
