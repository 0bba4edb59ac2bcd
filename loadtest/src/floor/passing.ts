// What each floor does with a record: passes it on to its inbox, and writes as much beside it as the mesh does to its audit.
import { topicNames, type TopicNames } from '@mesh/topics'
import { targetName } from '../load/load-names.ts'
import { auditBytes, targetOf } from './floor-record.ts'

export interface FloorPlan {
  readonly brokers: readonly string[]
  readonly namespace: string
  readonly taskCount: number
  readonly targets: number
  readonly inboxPartitions: number
}

export interface Passed { readonly topic: string, readonly partition: number, readonly key: string, readonly value: Buffer }

export class Passing {
  readonly names: TopicNames
  readonly #inboxes: readonly (readonly string[])[]
  readonly #partitions: number
  readonly #audit = Buffer.alloc(auditBytes, 'a')

  constructor ({ namespace, targets, inboxPartitions }: FloorPlan) {
    this.names = topicNames(namespace)
    this.#inboxes = Array.from({ length: targets }, (_, target) => this.names.inboxAll(targetName(target)))
    this.#partitions = inboxPartitions
  }

  delivery (lane: number, key: string, value: Buffer): Passed {
    return { topic: this.#inboxes[targetOf(value)]![lane]!, partition: Number(key) % this.#partitions, key, value }
  }

  auditOf (offset: number | string, lane: number): { readonly key: string, readonly value: Buffer } { return { key: `${lane}:${offset}`, value: this.#audit } }
}
