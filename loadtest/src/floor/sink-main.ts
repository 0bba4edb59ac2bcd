// The floors' sink: reads the inboxes, committed records only, and notes what it finds.
import { createKafka, createLogger } from '@mesh/runtime'
import { readInboxes } from '../load/inbox-reading.ts'
import { serveTaker } from '../load/serving.ts'
import { Taken } from '../load/taken.ts'
import { markedOf } from './floor-record.ts'
import type { FloorPlan } from './passing.ts'

const plan = JSON.parse(process.argv[2]!) as FloorPlan
const taken = new Taken()
const logger = createLogger({ name: 'floor-sink', level: 'warn' })
const kafka = createKafka({ brokers: [...plan.brokers], clientId: 'floor-sink', logger })
const consumer = kafka.consumer({ groupId: `${plan.namespace}.floor-sink`, maxWaitTimeInMs: 100 })
await readInboxes(consumer, plan, (value, { priority, target }) => taken.note(markedOf(value), priority, target))

serveTaker(taken, () => consumer.disconnect())
