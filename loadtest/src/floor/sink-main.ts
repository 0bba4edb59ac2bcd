// The floors' sink: reads the inboxes, committed records only, and notes what it finds.
import { createKafka, createLogger } from '@mesh/runtime'
import { topicNames } from '@mesh/topics'
import { targetName } from '../load/load-names.ts'
import { noCounts, serveOrders } from '../load/orders.ts'
import { Taken } from '../load/taken.ts'
import { markedOf, targetOf } from './floor-record.ts'
import type { FloorPlan } from './passing.ts'

const { brokers, namespace, targets } = JSON.parse(process.argv[2]!) as FloorPlan
const names = topicNames(namespace)
const inboxes = Array.from({ length: targets }, (_, target) => names.inboxAll(targetName(target)))
const priorityOf = new Map(inboxes.flatMap(topics => topics.map((topic, priority) => [topic, priority] as const)))
const taken = new Taken()
const logger = createLogger({ name: 'floor-sink', level: 'warn' })
const consumer = createKafka({ brokers: [...brokers], clientId: 'floor-sink', logger }).consumer({ groupId: `${namespace}.floor-sink`, maxWaitTimeInMs: 100 })
await consumer.connect()
await consumer.subscribe({ topics: [...priorityOf.keys()], fromBeginning: true })
const joined = new Promise<void>(resolve => { consumer.on('consumer.group_join', () => resolve()) })
await consumer.run({
  eachBatch: ({ batch }) => {
    const priority = priorityOf.get(batch.topic)!
    for (const { value } of batch.messages) taken.note(markedOf(value!), priority, targetOf(value!))
    return Promise.resolve()
  }
})
await joined

serveOrders({
  begin: order => taken.begin(order),
  count: () => ({ ...noCounts, handled: taken.count }),
  report: () => taken.report(),
  stop: () => consumer.disconnect()
})
