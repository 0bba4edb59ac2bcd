// A broker of a test's own, to be restarted or killed without disturbing the tests that share the other one.
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { cacheFolder, meshHome } from '../home.ts'
import type { Environment } from '../home.ts'
import { stopProcess } from '../host/daemon.ts'
import { kafkaPart } from '../host/kafka.ts'
import { choosePorts, isPortFree } from '../ports.ts'
import { isAlive, signal } from '../process-identity.ts'
import type { ProcessIdentity } from '../process-identity.ts'
import { silentProgress } from '../progress.ts'
import { writeProcess } from '../state-file.ts'

export interface PrivateBroker {
  readonly brokers: string[]
  // Same port and data.
  restart (): Promise<void>
  kill (): Promise<void>
  start (): Promise<void>
  stop (): Promise<void>
}

export async function startPrivateBroker (environment: Environment = process.env): Promise<PrivateBroker> {
  const home = meshHome(environment)
  // Named as the stacks of test runs are, so that the next run removes what a killed one leaves.
  const folder = join(home, `test-${process.pid}-broker-${randomBytes(4).toString('hex')}`)
  const ports = await choosePorts({ settings: {}, remembered: undefined, preferred: undefined, isFree: isPortFree, random: Math.random }, ['kafka', 'kafkaController'])
  const part = kafkaPart({ name: 'private', folder, cache: cacheFolder(home, environment), ports, keepData: false, postgresFolder: '', environment })
  let running: ProcessIdentity | undefined
  const killOnExit = () => { if (running) signal(running, 'SIGKILL') }
  process.once('exit', killOnExit)

  async function end (ask: NodeJS.Signals): Promise<void> {
    if (running && isAlive(running)) part.stopped?.(await stopProcess(running, ask, part.stopGraceMs))
    running = undefined
  }
  const broker: PrivateBroker = {
    brokers: [`127.0.0.1:${ports.kafka}`],
    start: () => part.start(silentProgress.step('kafka'), identity => {
      running = identity
      writeProcess(folder, 'kafka', identity)
    }),
    kill: () => end('SIGKILL'),
    async restart () {
      await end('SIGTERM')
      await broker.start()
    },
    async stop () {
      await end('SIGTERM')
      process.removeListener('exit', killOnExit)
      rmSync(folder, { recursive: true, force: true })
    }
  }
  try {
    await broker.start()
  } catch (error) {
    await broker.stop()
    throw error
  }
  return broker
}
