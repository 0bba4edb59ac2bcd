// Reads the inboxes of all targets with one plain consumer.
import { topicNames } from '@mesh/topics'
import type { Consumer, ConsumerRunConfig } from 'kafkajs'
import { targetName } from './load-names.ts'

export interface Inbox { readonly target: number, readonly priority: number }

/** Resolves when the consumer has joined its group. Committed records only, each told with the inbox that it lay in. */
export async function readInboxes (
  consumer: Consumer, { namespace, targets }: { readonly namespace: string, readonly targets: number },
  onValue: (value: Buffer, inbox: Inbox) => void, config: Pick<ConsumerRunConfig, 'autoCommit'> = {}
): Promise<void> {
  const names = topicNames(namespace)
  const inboxes = Array.from({ length: targets }, (_, target) => names.inboxAll(targetName(target)))
  const inboxOf = new Map(inboxes.flatMap((topics, target) => topics.map((topic, priority) => [topic, { target, priority }] as const)))
  await consumer.connect()
  await consumer.subscribe({ topics: [...inboxOf.keys()], fromBeginning: true })
  const joined = new Promise<void>(resolve => { consumer.on('consumer.group_join', () => resolve()) })
  await consumer.run({
    ...config,
    eachBatch: ({ batch }) => {
      const inbox = inboxOf.get(batch.topic)!
      for (const { value } of batch.messages) onValue(value!, inbox)
      return Promise.resolve()
    }
  })
  await joined
}
