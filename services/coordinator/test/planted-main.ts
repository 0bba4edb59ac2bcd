// A coordinator with one bug, to prove that the torture test's checker finds it. The bug is laid over the coordinator's and
// the client's classes from here, so that the real entry point has nothing that could be switched on.
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import type { Kafka, Producer, ProducerBatch, ProducerConfig, Transaction } from 'kafkajs'
import { DispatchTask, type DispatchPlan } from '../src/dispatch-task.ts'
import { runCoordinator } from '../src/process.ts'

const { Kafka: KafkaClient } = createRequire(import.meta.url)('kafkajs') as { Kafka: { prototype: Kafka } }
/** Wide enough for a kill or a stop to fall into, as it would in a busier mesh. */
const gapMs = 25
const everyNth = 15
const heldMs = 5_000

const bugs: Record<string, () => void> = {
  /** A new owner's transactional ids are new, too: nothing stops the one before. */
  'no-fencing': () => laidOverProducers(producer => holdingTransactions(producer), config => ({ ...config, ...named(config, randomUUID()) })),
  'commit-before-produce': () => laidOverProducers(committingFirst),
  'no-restore' () {
    DispatchTask.prototype.restoreChangelog = () => undefined
    DispatchTask.prototype.restoreDeferred = () => undefined
  },
  'forgotten-tombstone': () => laidOverPlans(plan => ({ ...plan, deferred: plan.deferred.filter(({ value }) => value !== null) })),
  'dropped-audit': () => laidOverPlans(plan => ({ ...plan, changelog: plan.changelog.filter(isKept) })),
  'delivered-twice': () => laidOverPlans(plan => ({ ...plan, outputs: plan.outputs.flatMap(output => isKept() ? [output] : [output, output]) })),
  overtaken: () => laidOverPlans(overtaking()),
  /** No bug of the coordinator's: its transactions are open for long, so that kills leave aborted ones behind. */
  'slow-commit': () => laidOverProducers(holdingTransactions)
}

let count = 0
function isKept (): boolean { return ++count % everyNth !== 0 }

function laidOverPlans (change: (plan: DispatchPlan) => DispatchPlan): void {
  const { plan } = DispatchTask.prototype
  DispatchTask.prototype.plan = async function (this: DispatchTask, ...given) { return change(await plan.apply(this, given)) }
}

/** Every so often a record to an inbox goes out some seconds later, in another round. */
function overtaking (): (plan: DispatchPlan) => DispatchPlan {
  const held: { readonly output: DispatchPlan['outputs'][number], readonly untilMs: number }[] = []
  return plan => {
    const outputs = plan.outputs.filter(output => {
      if (!output.topic.includes('.inbox.') || isKept()) return true
      held.push({ output, untilMs: performance.now() + heldMs })
      return false
    })
    while ((held[0]?.untilMs ?? Infinity) < performance.now()) outputs.push(held.shift()!.output)
    return { ...plan, outputs }
  }
}

const named = ({ transactionalId }: ProducerConfig, suffix: string): ProducerConfig => transactionalId === undefined ? {} : { transactionalId: `${transactionalId}.${suffix}` }

function laidOverProducers (change: (producer: Producer) => Producer, configured: (config: ProducerConfig) => ProducerConfig = config => config): void {
  const { producer } = KafkaClient.prototype
  KafkaClient.prototype.producer = function (this: Kafka, config: ProducerConfig = {}) {
    const made = producer.call(this, configured(config))
    return config.transactionalId === undefined ? made : change(made)
  }
}

function holdingTransactions (producer: Producer): Producer {
  return laidOverTransactions(producer, transaction => ({
    ...transaction,
    async commit () {
      await pause(gapMs)
      await transaction.commit()
    }
  }))
}

/** What was taken counts as done before what follows from it is written. */
function committingFirst (producer: Producer): Producer {
  return laidOverTransactions(producer, (first, begin) => {
    let transaction = first
    return {
      ...first,
      async sendOffsets (offsets) {
        await transaction.sendOffsets(offsets)
        await transaction.commit()
        await pause(gapMs)
        transaction = await begin()
      },
      sendBatch: (batch: ProducerBatch) => transaction.sendBatch(batch),
      send: record => transaction.send(record),
      commit: () => transaction.commit(),
      abort: () => transaction.abort(),
      isActive: () => transaction.isActive()
    }
  })
}

function laidOverTransactions (producer: Producer, change: (transaction: Transaction, begin: () => Promise<Transaction>) => Transaction): Producer {
  const begin = () => producer.transaction()
  return { ...producer, transaction: async () => change(await begin(), begin) }
}

const { PLANTED_BUG: bug = '' } = process.env
const plant = bugs[bug]
if (plant === undefined) throw new Error(`PLANTED_BUG must be one of ${Object.keys(bugs).join(', ')}`)
plant()
await runCoordinator()
