// What operators do with dead letters: send them again, or discard them.
//
// L1. The dispatch goes to its own topic and partition, unchanged, in a Redrive that only the control plane can prove; so the
//     owner of its workflow decides about it, and passes every check again.
// L2. The record of the change is acknowledged before the Redrive is sent (P2 in change-path.ts): one that failed in between
//     shows as sent again, and is sent with `again`.

import { redriveProof, type Codec, type ControlChange, type Position } from '@mesh/schemas'
import { partitionFor, type TopicNames } from '@mesh/topics'
import type { ChangePath, ChangeResult } from './change-path.ts'
import type { ControlTopic } from './control-topic.ts'
import type { ControlWriter } from './control-writer.ts'
import type { ChangeStates } from './core/change-states.ts'
import { refused, type AskedChange } from './core/control-change.ts'
import { decideDeadLetter, type DeadLetterOutcome, type DeadLetterPlace } from './core/dead-letter-orders.ts'
import type { DeadLetterReader } from './dead-letter-reader.ts'
import { redrivable, type Redrivable } from './redriving.ts'

export interface DeadLetterPorts {
  readonly change: ChangePath
  readonly changeStates: ChangeStates
  readonly changes: Pick<ControlTopic<ControlChange>, 'caughtUp' | 'applied'>
  readonly reader: Pick<DeadLetterReader, 'read'>
  readonly writer: Pick<ControlWriter, 'write'>
  readonly codec: Codec
  readonly names: TopicNames
  readonly redriveKey: Uint8Array
  /** Partitions of a topic; rejects with UNAVAILABLE. */
  partitionCount (topic: string): Promise<number>
}

export interface Redriven {
  readonly dispatchId: string
  readonly workflowId: string
  readonly position: Position
}

export type RedriveResult = ChangeResult<DeadLetterOutcome> & { readonly redriven?: Redriven }

export interface DeadLetters {
  redrive (place: DeadLetterPlace, asked: AskedChange & { readonly again: boolean }): Promise<RedriveResult>
  discard (place: DeadLetterPlace, asked: AskedChange): Promise<ChangeResult<DeadLetterOutcome>>
}

export function deadLetters (ports: DeadLetterPorts): DeadLetters {
  const { change, changeStates, changes, reader, codec } = ports
  const nothingAt = ({ partition, offset }: DeadLetterPlace) => refused('NOT_FOUND', `No dead letter lies at ${partition}/${offset}.`)

  return {
    async redrive (place, asked) {
      let found: Redrivable | undefined
      let redriven: Redriven | undefined
      const result = await change<DeadLetterOutcome>({
        asked, tables: [changes],
        async decide () {
          const decision = decideDeadLetter(place, { state: 'redriven', who: asked.who, again: asked.again }, changeStates)
          if (decision.outcome === 'refused') return decision
          const deadLetter = await reader.read(place)
          if (deadLetter === undefined) return nothingAt(place)
          const content = deadLetter === null ? { problem: 'The record is no dead letter.' } : redrivable(deadLetter, codec, ports.redriveKey)
          if ('problem' in content) return refused('DEAD_LETTER_UNREADABLE', `The dead letter ${place.partition}/${place.offset} can not be sent again. ${content.problem}`)
          found = content
          return decision
        },
        async write (_after, { atMs, recordOffset }) {
          redriven = await send(found!, { ...asked, ...place, atMs }, ports)
          await changes.applied(recordOffset)
        }
      })
      return redriven === undefined ? result : { ...result, redriven }
    },
    discard: (place, asked) => change<DeadLetterOutcome>({
      asked, tables: [changes],
      async decide () {
        const decision = decideDeadLetter(place, { state: 'discarded', who: asked.who, again: false }, changeStates)
        if (decision.outcome === 'refused') return decision
        return await reader.read(place) === undefined ? nothingAt(place) : decision
      },
      write: (_after, { recordOffset }) => changes.applied(recordOffset)
    })
  }
}

type Sending = AskedChange & DeadLetterPlace & { readonly atMs: number }

async function send ({ value, dispatch }: Redrivable, { partition, offset, who, why, atMs }: Sending, ports: DeadLetterPorts): Promise<Redriven> {
  const { names, codec, writer, redriveKey } = ports
  const { dispatchId, workflowId, priority } = dispatch
  const topic = names.dispatch(priority)
  const facts = { value, deadLetter: { topic: names.deadLetter, partition, offset }, who, why: why ?? '', atMs }
  const record = codec.encode('Redrive', { ...facts, proof: redriveProof(redriveKey, facts) })
  const task = partitionFor(workflowId, await ports.partitionCount(topic))
  return { dispatchId, workflowId, position: { topic, partition: task, offset: await writer.write(topic, workflowId, record, task) } }
}
