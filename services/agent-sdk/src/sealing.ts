// Signs dispatches as they leave: those of one agent in a batch share a signature (@mesh/signing).
//
// Invariants:
//   S1. What is handed over is the body; the signed value is made when its batch goes, so batches form by themselves and a
//       dispatch that is sent alone has a plain signature.
//   S2. Each agent's dispatches are signed with its own key, the newest there is at that moment.
import type { SendRecord } from '@mesh/runtime'
import type { Codec } from '@mesh/schemas'
import { type Signature, signBatch, type SigningKey } from '@mesh/signing'
import { unsigned } from './wire.ts'

/** The key that an agent signs with now. */
export type KeyOf = (agent: string) => SigningKey

export class Sealing {
  readonly #codec: Codec
  readonly #keyOf: KeyOf | undefined
  /** Who sends it. */
  readonly #agents = new WeakMap<SendRecord, string>()

  /** Without keys nothing is signed. */
  constructor (codec: Codec, keyOf: KeyOf | undefined) {
    this.#codec = codec
    this.#keyOf = keyOf
  }

  /** The record's value is the body until it is sealed. */
  by<Rec extends SendRecord> (agent: string, record: Rec): Rec {
    this.#agents.set(record, agent)
    return record
  }

  readonly seal = (records: readonly SendRecord[]): Buffer[] => {
    const keyOf = this.#keyOf
    if (keyOf === undefined) return records.map(({ value }) => this.#codec.encode('SignedDispatch', { body: value!, ...unsigned }))
    const byAgent = new Map<string, SendRecord[]>()
    for (const record of records) {
      const agent = this.#agents.get(record)!
      const others = byAgent.get(agent)
      if (others === undefined) byAgent.set(agent, [record])
      else others.push(record)
    }
    const signatures = new Map<SendRecord, Signature>()
    for (const [agent, sent] of byAgent) {
      const signed = signBatch(keyOf(agent), sent.map(({ value }) => value!))
      sent.forEach((record, index) => signatures.set(record, signed[index]!))
    }
    return records.map(record => this.#codec.encode('SignedDispatch', { body: record.value!, ...signatures.get(record)! }))
  }
}
