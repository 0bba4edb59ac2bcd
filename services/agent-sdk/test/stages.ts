// Where the time of P0 requests goes, from when the broker appended each record of a request: to the ingress, through the
// coordinator to the inbox, and there to the handler, which says in its answer when it began.
import type { PartitionReader } from '@mesh/runtime'
import { connectCodec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { type MeshGround, readTopic } from './mesh-ground.ts'
import { answered, percentile } from './offered-load.ts'

interface Times { issuedAtMs: number, ingressAtMs?: number, inboxAtMs?: number, begunAtMs?: number }

export class Stages {
  /** What operators were told. */
  readonly alerts: string[] = []
  readonly #of = new Map<string, Times>()
  readonly #readers: PartitionReader[] = []

  static async open (ground: MeshGround, agent: string): Promise<Stages> {
    const stages = new Stages()
    const codec = await connectCodec({ schemaRegistryUrl: ground.options.schemaRegistryUrl! })
    const names = topicNames(ground.namespace)
    const read = async (topic: string, take: (value: Buffer, appendedAtMs: number) => void) => { stages.#readers.push(await readTopic(ground, topic, 'latest', take)) }
    await Promise.all([
      read(names.alerts, value => { stages.alerts.push(codec.decode('Alert', value).message) }),
      read(names.dispatch(0), (value, appendedAtMs) => {
        const { dispatchId, type, issuedAtMs, inReplyTo, payload, error } = codec.decode('Dispatch', codec.decode('SignedDispatch', value).body)
        if (type === 'request') stages.#at(dispatchId, { issuedAtMs, ingressAtMs: appendedAtMs })
        else if (type === 'response' && error === null) stages.#at(inReplyTo!, answered.parse(JSON.parse(payload.toString())))
      }),
      read(names.inbox(agent, 0), (value, appendedAtMs) => stages.#at(codec.decode('Dispatch', codec.decode('Delivery', value).dispatch.body).dispatchId, { inboxAtMs: appendedAtMs }))
    ])
    return stages
  }

  async close (): Promise<void> { await Promise.all(this.#readers.map(reader => reader.close())) }

  /** Of those issued in that time. */
  said (fromMs: number, toMs: number): string {
    const all = [...this.#of.values()].filter(({ issuedAtMs }) => issuedAtMs >= fromMs && issuedAtMs < toMs)
    const step = (from: keyof Times, to: keyof Times): string => {
      const took = all.map(times => times[to]! - times[from]!).filter(ms => !Number.isNaN(ms))
      return `${percentile(took, 0.5)} / ${percentile(took, 0.99)}`
    }
    return `to the ingress ${step('issuedAtMs', 'ingressAtMs')}, coordinator ${step('ingressAtMs', 'inboxAtMs')}, inbox to handler ${step('inboxAtMs', 'begunAtMs')} ms`
  }

  #at (dispatchId: string, times: Partial<Times>): void { this.#of.set(dispatchId, { ...this.#of.get(dispatchId) ?? { issuedAtMs: NaN }, ...times }) }
}
