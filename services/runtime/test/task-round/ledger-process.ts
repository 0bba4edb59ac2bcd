// One process of the ledger: a task runner with faults that a test asks for through the environment.
import { createKafka, createLogger, startTaskRunner } from '../../src/index.ts'
import { LedgerLogic } from './ledger-logic.ts'

const { LEDGER_RUN: run = '', LEDGER_NAME: name = '', LEDGER_TASKS = '', LEDGER_BROKERS = '', LEDGER_SIGNAL: signal, LEDGER_FAULT_RATE, LEDGER_ROUND_MAX } = process.env
const faultRate = Number(LEDGER_FAULT_RATE ?? 0)
const logger = createLogger({ name, level: 'info' })
const brokers = LEDGER_BROKERS.split(',')
const bornMs = performance.now()
/** Late enough that it has been running rounds for a while. */
const signalAfterMs = 2_500
let signalled = false


const maybeFail = (where: string) => {
  if (Math.random() < faultRate) throw new Error(`injected ${where}`)
}

const runner = await startTaskRunner({
  kafka: clientId => createKafka({ brokers, clientId, logger }),
  groupId: `${run}.ledger`, clientId: `${run}.${name}`, instanceName: name, transactionalIdPrefix: `${run}.ledger`,
  inputTopics: [0, 1, 2, 3].map(lane => `${run}.in.p${lane}`), changelogTopic: `${run}.changelog`, deferredTopic: `${run}.deferred`,
  taskCount: Number(LEDGER_TASKS), sessionTimeoutMs: 3_000, transactionTimeoutMs: 2_000, roundRecordsMax: Number(LEDGER_ROUND_MAX ?? 100),
  createLogic: task => new LedgerLogic(task, `${run}.out`, name),
  logger,
  faults: {
    async insideTransaction () {
      if (signal === undefined || signalled || performance.now() - bornMs < signalAfterMs) return
      signalled = true
      logger.info({ signal }, 'signal inside a transaction')
      process.kill(process.pid, signal)
      // The signal arrives while this turn of the loop runs or just after it: the commit must not slip through before.
      await new Promise(resolve => setTimeout(resolve, 50))
    },
    async beforeCommit () { maybeFail('before commit') },
    async afterCommit () { maybeFail('after commit') }
  }
})
process.on('SIGTERM', () => { void runner.stop().then(() => process.exit(0)) })
