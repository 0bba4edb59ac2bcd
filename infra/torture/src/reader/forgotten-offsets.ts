// Asks the broker for what its log says that groups have committed, and notes where it answers with less. A broker that was
// killed and started again may have forgotten commits that lie in its own log (Kafka 4.2 was seen to, runtime DECISIONS 23); what
// clients then do with older offsets is not theirs.
//
// Invariant: only an answer below what had been in the log for a whole look is held against the broker.
import type { Commit, Forgotten } from '../core/history.ts'
import { BrokerConnection } from './broker-connection.ts'
import { array, int32, string } from './wire.ts'

const offsetFetchApi = 9
/** Lag is nothing that this version adds to; errors come with each partition. */
const version = 1

type Known = Pick<Commit, 'group' | 'of' | 'nextOffset'>

export class ForgottenOffsets {
  readonly #connection: BrokerConnection
  /** The newest commit of each group and partition, and that of the look before. */
  readonly #newest = new Map<string, Known>()
  #before = new Map<string, Known>()
  readonly #noted = new Set<string>()

  constructor (address: string) { this.#connection = new BrokerConnection(address) }

  committed (commit: Known): void { this.#newest.set(`${commit.group} ${commit.of}`, commit) }

  /** What it has forgotten and was not noted before. Rejects when the broker is away. */
  async look (atMs: number): Promise<Forgotten[]> {
    const byGroup = Map.groupBy(this.#before.values(), ({ group }) => group)
    this.#before = new Map(this.#newest)
    const found: Forgotten[] = []
    for (const [group, known] of byGroup) {
      const answered = await this.#ask(group, known)
      for (const { of, nextOffset } of known) {
        const answer = answered.get(of)
        const name = `${group} ${of} ${nextOffset}`
        if (answer === undefined || answer >= nextOffset || this.#noted.has(name)) continue
        this.#noted.add(name)
        found.push({ kind: 'forgotten', group, of, nextOffset, answered: answer, atMs })
      }
    }
    return found
  }

  close (): void { this.#connection.close() }

  /** By topic/partition: −1 where it knows of none; those that it can't speak of just now are left out. */
  async #ask (group: string, known: readonly Known[]): Promise<Map<string, number>> {
    const byTopic = Map.groupBy(known.map(({ of }) => of.split('/') as [string, string]), ([topic]) => topic)
    const topics = [...byTopic].map(([topic, places]) => Buffer.concat([string(topic), array(places.map(([, partition]) => int32(Number(partition))))]))
    const answer = await this.#connection.ask(offsetFetchApi, version, Buffer.concat([string(group), array(topics)]))
    const offsets = new Map<string, number>()
    answer.array(() => {
      const topic = answer.string()
      answer.array(() => {
        const [partition, offset] = [answer.int32(), Number(answer.int64())]
        answer.string() // metadata
        if (answer.int16() === 0) offsets.set(`${topic}/${partition}`, offset)
      })
    })
    return offsets
  }
}
