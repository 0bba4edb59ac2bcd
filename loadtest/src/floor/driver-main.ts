// The floors' source: the same arrivals, as plain records.
import { createKafka, createLogger, startBatchSender } from '@mesh/runtime'
import { topicNames } from '@mesh/topics'
import type { Sources } from '../load/driver.ts'
import { serveDriver } from '../load/serving.ts'
import { floorValue } from './floor-record.ts'
import type { FloorPlan } from './passing.ts'

const { brokers, namespace, taskCount } = JSON.parse(process.argv[2]!) as FloorPlan
const names = topicNames(namespace)
const logger = createLogger({ name: 'floor-driver', level: 'warn' })
const sender = await startBatchSender({ kafka: createKafka({ brokers: [...brokers], clientId: 'floor-driver', logger }), logger, queueRecordsMax: 400_000 })

const sources: Sources = {
  begin ({ arrival: { workflow, target }, priority, input }, done, fail) {
    const place = { topic: names.dispatch(priority), partition: workflow % taskCount, key: String(workflow) }
    sender.send({ ...place, value: floorValue(target, input), mayLinger: priority > 0 }, error => error === undefined ? done() : fail(error.code))
  }
}

serveDriver(sources, () => sender.close())
