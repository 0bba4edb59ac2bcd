// The floor that the mesh is held against: its own task rounds, exactly once, with no rule in them.
import { createKafka, createLogger, type InputRecord, type LowWater, type OutputRecord, type Produced, type RoundPlan, startTaskRunner, type TaskLogic } from '@mesh/runtime'
import { type FloorPlan, Passing } from './passing.ts'

/** The next offset of its own changelog is all that it keeps. */
class PassingLogic implements TaskLogic {
  readonly #passing: Passing
  #changelogOffset = 0

  constructor (passing: Passing) { this.#passing = passing }

  restoreChangelog (): void {}
  restoreDeferred (): void {}

  restored ({ changelogNextOffset }: { readonly changelogNextOffset: number }): undefined { this.#changelogOffset = changelogNextOffset }

  plan (records: readonly InputRecord[]): RoundPlan {
    const outputs: OutputRecord[] = []
    const changelog = []
    for (const { lane, key, value, offset } of records) {
      outputs.push(this.#passing.delivery(lane, String(key), value!))
      changelog.push(this.#passing.auditOf(offset, lane))
    }
    return { outputs, changelog, deferred: [] }
  }

  applied (plan: RoundPlan, { changelogBaseOffset }: Produced): LowWater {
    if (changelogBaseOffset >= 0) this.#changelogOffset = changelogBaseOffset + plan.changelog.length
    return { changelogOffset: this.#changelogOffset, deferredOffset: 0 }
  }

  nextDueMs (): undefined {}
  poisoned (_: InputRecord, error: Error): never { throw error }
}

export async function startTaskRounds (plan: FloorPlan): Promise<() => Promise<void>> {
  const { brokers, taskCount } = plan
  const passing = new Passing(plan)
  const { names } = passing
  const logger = createLogger({ name: 'floor', level: 'warn' })
  const runner = await startTaskRunner({
    kafka: clientId => createKafka({ brokers: [...brokers], clientId, logger }),
    groupId: `${names.namespace}.coordinator`, clientId: `${names.namespace}.floor`, instanceName: 'floor', transactionalIdPrefix: `${names.namespace}.coordinator`,
    inputTopics: names.dispatchAll, changelogTopic: names.audit, deferredTopic: names.deferred, taskCount, createLogic: () => new PassingLogic(passing), logger
  })
  return () => runner.stop()
}
