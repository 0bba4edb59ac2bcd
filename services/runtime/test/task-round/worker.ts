// An OS process that runs the checking logic, and says on its standard output what happens, a JSON line each.
import { pino } from 'pino'
import { createKafka } from '../../src/kafka.ts'
import { startTaskRunner } from '../../src/task-round/index.ts'
import { CheckingLogic } from './checking-logic.ts'
import type { WorkerEvent, WorkerSettings } from './worker-process.ts'

const settings = JSON.parse(process.argv[2]!) as WorkerSettings
const { brokers, name, topics, taskCount } = settings
const say = (event: WorkerEvent): void => { process.stdout.write(`${JSON.stringify(event)}\n`) }
const logger = pino({ level: 'info', formatters: { level: level => ({ level }) } })

process.stdin.resume().once('end', () => process.exit(1))
let rounds = 0

function maybeFail (place: string): void {
  if (settings.faultRate !== undefined && Math.random() < settings.faultRate) throw new Error(`injected ${place}`)
}

async function hold (ms: number | undefined): Promise<void> {
  if (ms !== undefined) await new Promise(resolve => setTimeout(resolve, ms))
}

async function signalSelf (signal: NodeJS.Signals, task: number): Promise<void> {
  say({ event: 'inside', task })
  process.kill(process.pid, signal)
  // The signal arrives within a tick or two; nothing more is to be done before it has.
  await new Promise(resolve => setTimeout(resolve, 50))
}

const runner = await startTaskRunner({
  kafka: clientId => createKafka({ brokers, clientId, logger }),
  groupId: topics.groupId,
  clientId: `${topics.prefix}.${name}`,
  instanceName: name,
  transactionalIdPrefix: topics.prefix,
  inputTopics: topics.inputs,
  changelogTopic: topics.changelog,
  deferredTopic: topics.deferred,
  taskCount,
  createLogic: task => new CheckingLogic(task, name, topics.output),
  sessionTimeoutMs: settings.sessionTimeoutMs,
  heartbeatIntervalMs: 200,
  ...settings.options,
  logger,
  onRound: ({ task, records }) => {
    rounds++
    if (settings.tellRounds === true) say({ event: 'round', task, records })
  },
  onTaskState: (task, status) => say({ event: 'task', task, status }),
  faults: {
    async beforeFence (task, id) {
      if (id === 0) await hold(settings.holdBeforeFenceMs)
      if (settings.signalBeforeFence !== id) return
      settings.signalBeforeFence = undefined
      await signalSelf('SIGSTOP', task)
    },
    async insideTransaction (task) {
      await hold(settings.holdInsideMs)
      const { signalInside, signalAfterRounds = 0 } = settings
      if (signalInside === undefined || rounds < signalAfterRounds) return
      settings.signalInside = undefined
      await signalSelf(signalInside, task)
    },
    async beforeCommit () { maybeFail('before commit') },
    async afterCommit () { maybeFail('after commit') }
  }
})
say({ event: 'started' })

process.once('SIGTERM', () => {
  void runner.stop().then(() => {
    say({ event: 'stopped' })
    process.exit(0)
  })
})
