// A task with its topics in memory, and rounds committed as the runner would.
import type { SlotAnswer, SlotRequest } from '@mesh/quota-store'
import { type AgentRegistration, type AuditEvent, type Dispatch, localCodec } from '@mesh/schemas'
import { partitionFor, topicNames } from '@mesh/topics'
import { createLogger, type InputRecord, type KeyedRecord, type LogRequest, type OutputRecord, type Restored, type RestoredRecord } from '@mesh/runtime'
import { setImmediate as breathe } from 'node:timers/promises'
import { applyRegistration, emptyControl } from '../src/core/control.ts'
import { createDecoder, type DecodeRecord } from '../src/decode.ts'
import { DeferredValues } from '../src/deferred-values.ts'
import { Deferrals } from '../src/deferrals.ts'
import { IngressValues } from '../src/ingress-values.ts'
import { type DispatchPlan, DispatchTask } from '../src/dispatch-task.ts'

const logger = createLogger({ name: 'test', level: 'fatal' })

export const codec = localCodec()
export const names = topicNames('mesh')
export const workflowId = 'wf'
export const task = partitionFor(workflowId, 4)
export const at = 1_000_000

export const agent = (name: string, offers: string[], dependencies: string[]): AgentRegistration => ({
  name, version: '1.0.0', domain: 'd', ownerTeam: 't', role: 'bot', dependencies, maxConcurrent: 1, slaP95Ms: 1, latencyProfileMs: null,
  capabilities: offers.map(offer => ({ name: offer, inputSchema: '{}', outputSchema: '{}', contractHash: offer, retry: null, idleTimeoutMs: null, fallback: null, chainLimits: null })), costProfileMicros: null,
  allowedModels: [], allowedTools: [], confidenceThreshold: null, regions: [], fallback: null, urgentCapabilities: [], chainLimits: null, inboxPartitions: 4, answersPartitions: 8, status: 'active', registeredAtMs: 0
})
export const control = emptyControl()
applyRegistration(control, { ...agent('asker', [], ['look']), urgentCapabilities: ['look'] }, 0)
applyRegistration(control, agent('looker', ['look'], []), 1)

export const dispatch = (change: Partial<Dispatch>): Dispatch => ({
  dispatchId: 'd', workflowId, parentId: null, inReplyTo: null, chain: [], link: '', type: 'request', source: 'asker', sourceVersion: '1.0.0', sourceInstance: 'i',
  target: null, capability: 'look', priority: 0, issuedAtMs: at, ttlMs: 500, replyPartition: 0, idempotencyKey: null, idleTimeoutMs: null, handlerMs: null, costCapMicros: null, confidence: null,
  usage: null, error: null, contentType: 'application/json', payload: Buffer.from('{}'), ...change
})

export const signed = (body: Buffer) => codec.encode('SignedDispatch', { body, keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) })

/** A quota that makes every source wait as long as is set here. */
class SettableQuota {
  delayMs = 0
  readonly asked: SlotRequest[][] = []

  async reserve (_task: number, _owner: number, requests: readonly SlotRequest[]): Promise<SlotAnswer[]> {
    this.asked.push([...requests])
    return requests.map(() => ({ outcome: 'granted', delayMs: this.delayMs, backlogRecords: this.delayMs > 0 ? 1 : 0, clearsInMs: this.delayMs, episode: null, isLocal: false }))
  }

  async episode (): Promise<{ isCleared: boolean, clearsInMs: number }> { return { isCleared: true, clearsInMs: 0 } }
}

export const redriveKey = Buffer.from('a key of the control plane')

/** A task, its changelog and its deferred topic, with rounds committed as the runner would. */
export class TaskHarness {
  readonly changelog: RestoredRecord[] = []
  readonly deferred: RestoredRecord[] = []
  readonly outputs: OutputRecord[] = []
  readonly inputs: InputRecord[] = []
  readonly quota = new SettableQuota()
  readonly decided: AuditEvent[] = [] // without what is only written again
  readonly #decode: DecodeRecord
  logic: DispatchTask
  nowMs = at
  #inputOffset = 0
  lowWater = { changelogOffset: 0, deferredOffset: 0 }

  constructor (decode: DecodeRecord = createDecoder(codec, { payloadHash: Buffer.from('key'), redrive: redriveKey })) {
    this.#decode = decode
    this.logic = this.#fresh()
  }

  /** What was written so far; a long run would only pile it up. */
  forget (): void {
    for (const log of [this.inputs, this.outputs, this.changelog, this.deferred, this.decided, this.quota.asked]) log.length = 0
  }

  #fresh (): DispatchTask {
    // Reads what the harness keeps of the topics.
    const inputReader = {
      read: async (requests: readonly LogRequest[]) => requests.map(({ topic, partition, offset }) => {
        const records = this.inputs.filter(input => input.topic === topic && input.offset >= offset)
        return { topic, partition, nextOffset: this.#inputOffset, endOffset: this.#inputOffset, records }
      })
    }
    const reader = {
      read: async (requests: readonly LogRequest[]) => requests.map(({ topic, partition, offset }) => ({
        topic, partition, nextOffset: this.deferred.length, endOffset: this.deferred.length,
        records: this.deferred.slice(offset).map(record => ({ ...record, topic, partition, key: Buffer.from(record.key), headers: {} }))
      }))
    }
    const deferrals = new Deferrals(new DeferredValues({ reader, topic: names.deferred, task, codec, logger }), codec)
    const decode = this.#decode
    const ingressValues = new IngressValues({ reader: inputReader, topics: names.dispatchAll, decode, logger })
    return new DispatchTask({
      task, taskCount: 4, decidedBy: 'c', names, codec, control, decode, payloadHashKeyId: 'k',
      seenBounds: { windowMs: 60_000, recordsMax: 40 }, claimPolicy: 'refuse', quotas: this.quota, deferrals, ingressValues,
      onDeferred: () => undefined, onDecided: event => { if (event.decision !== 'restated') this.decided.push(event) }
    })
  }

  record (body: Dispatch | Buffer, change: Partial<InputRecord> = {}): InputRecord {
    const value = Buffer.isBuffer(body) ? body : signed(codec.encode('Dispatch', body))
    const lane = Buffer.isBuffer(body) ? 0 : body.priority
    const key = Buffer.from(workflowId)
    const place = { lane, topic: names.dispatch(lane), partition: task, offset: this.#inputOffset++ }
    const record = { ...place, appendedAtMs: this.nowMs, key, value, headerBytes: 0, headers: {}, ...change }
    this.inputs.push(record)
    return record
  }

  async round (...records: InputRecord[]): Promise<DispatchPlan> {
    const plan = await this.logic.plan(records, this.nowMs)
    const written = (log: RestoredRecord[], added: readonly KeyedRecord[]) => {
      const base = log.length
      added.forEach(({ key, value }, i) => log.push({ key, value, offset: base + i, appendedAtMs: this.nowMs }))
      return added.length > 0 ? base : -1
    }
    const changelogBaseOffset = written(this.changelog, plan.changelog)
    const deferredBaseOffset = written(this.deferred, plan.deferred)
    this.lowWater = this.logic.applied(plan, { changelogBaseOffset, deferredBaseOffset, appendedAtMs: this.nowMs })
    this.outputs.push(...plan.outputs)
    return plan
  }

  /** The owner dies; another folds both topics from the committed marks. */
  failOver (): Restored {
    this.logic = this.#fresh()
    for (const record of this.changelog.slice(this.lowWater.changelogOffset)) this.logic.restoreChangelog(record)
    for (const record of this.deferred.slice(this.lowWater.deferredOffset)) this.logic.restoreDeferred(record)
    return this.logic.restored({
      nowMs: this.nowMs, changelogStartOffset: this.lowWater.changelogOffset, changelogNextOffset: this.changelog.length,
      deferredNextOffset: this.deferred.length
    })
  }
}

/** Tries again while reads end; what must come needs a few turns only. */
export async function until (isSo: () => Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 200; turns++) {
    if (await isSo()) return
    await breathe()
  }
  throw new Error('did not come to be so in 200 turns')
}
