// A Redis of a test's own, to be stopped, killed and filled up. Its program is the one that the shared stack runs, found
// through that server's own word for it.
import { freePort } from '../ports.ts'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'

export interface PrivateRedis {
  readonly url: string
  /** A plain client, for the test's own questions. */
  readonly client: Redis
  start (): Promise<void>
  kill (): Promise<void>
  /** Holds it still, as a machine that swaps would. */
  hold (): void
  goOn (): void
  close (): Promise<void>
}

const readyMsMax = 20_000

async function executable (): Promise<string> {
  const client = new Redis(process.env.REDIS_URL!)
  try {
    return /^executable:(.*)$/m.exec(await client.info('server'))![1]!.trim()
  } finally {
    client.disconnect()
  }
}

export async function startPrivateRedis (): Promise<PrivateRedis> {
  const [command, port] = await Promise.all([executable(), freePort()])
  const url = `redis://127.0.0.1:${port}`
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => 20 })
  client.on('error', () => {})
  let running: ChildProcess | undefined
  const killOnExit = () => { running?.kill('SIGKILL') }
  process.once('exit', killOnExit)

  const redis: PrivateRedis = {
    url,
    client,
    async start () {
      running = spawn(command, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'], { stdio: 'ignore' })
      const deadlineMs = performance.now() + readyMsMax
      if (client.status === 'wait') await client.connect().catch(() => {})
      while (await client.ping().catch(() => '') !== 'PONG') {
        if (running.exitCode !== null || performance.now() > deadlineMs) throw new Error(`no Redis at ${url}`)
        await pause(10)
      }
    },
    async kill () {
      if (running === undefined || running.exitCode !== null) return
      const ended = once(running, 'exit')
      running.kill('SIGKILL')
      await ended
      running = undefined
    },
    hold () { running!.kill('SIGSTOP') },
    goOn () { running!.kill('SIGCONT') },
    async close () {
      client.disconnect()
      await redis.kill()
      process.removeListener('exit', killOnExit)
    }
  }
  await redis.start()
  return redis
}
