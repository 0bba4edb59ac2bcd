// What the mesh has recorded and delivered, read from its topics with a reader of its own.
import type { PartitionReader } from '@mesh/runtime'
import { type AuditEvent, type Codec, connectCodec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { type MeshGround, readTopic } from './mesh-ground.ts'

const outcomeDecisions: ReadonlySet<string> = new Set(['completed', 'timed_out', 'cancelled', 'dead_lettered'])

export class History {
  /** Newest event of each audit record, in order. */
  readonly events: AuditEvent[] = []
  /** What came to answers topics, by the dispatch that it is about: the code of an error or a notice, or `answered`. */
  readonly told = new Map<string, string[]>()
  readonly #readers: PartitionReader[] = []

  static async open (ground: MeshGround, answersOf: readonly string[]): Promise<History> {
    const history = new History()
    const codec = await connectCodec({ schemaRegistryUrl: ground.options.schemaRegistryUrl! })
    const names = topicNames(ground.namespace)
    const read = async (topic: string, take: (value: Buffer) => void) => { history.#readers.push(await readTopic(ground, topic, 'earliest', take)) }
    await Promise.all([
      read(names.audit, value => { if (codec.nameOf(value) === 'AuditStory') history.events.push(codec.decode('AuditStory', value).events.at(-1)!) }),
      ...answersOf.map(agent => read(names.answers(agent), value => history.#hear(codec, value)))
    ])
    return history
  }

  /** Ends that were recorded of a request: there must be one. */
  outcomes (dispatchId: string): string[] {
    return this.events.filter(event => event.dispatchId === dispatchId && outcomeDecisions.has(event.decision)).map(({ decision, reason }) => `${decision} ${reason ?? 'success'}`)
  }

  decisions (dispatchId: string): string[] {
    return this.events.filter(event => event.dispatchId === dispatchId).map(({ decision }) => decision)
  }

  async close (): Promise<void> { await Promise.all(this.#readers.map(reader => reader.close())) }

  #hear (codec: Codec, value: Buffer): void {
    if (codec.nameOf(value) === 'Notice') {
      const { dispatchId, code } = codec.decode('Notice', value)
      return this.#tell(dispatchId, code)
    }
    const { dispatch, decision } = codec.decode('Delivery', value)
    const { inReplyTo, error } = codec.decode('Dispatch', dispatch.body)
    this.#tell(decision.answers ?? inReplyTo!, error?.code ?? 'answered')
  }

  #tell (dispatchId: string, what: string): void { this.told.set(dispatchId, [...this.told.get(dispatchId) ?? [], what]) }
}
