import { chmodSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { StackError, makeFolder } from '../errors.ts'
import type { ProgressStep } from '../progress.ts'
import { versions } from '../versions.ts'
import { findExecutable, pathFolders, run } from './command.ts'
import { awaitReady, launch } from './daemon.ts'
import { provideArtifacts } from './maven.ts'
import type { HostContext, HostPart } from './part.ts'

const readyTimeoutMs = 20_000
const probeTimeoutMs = 1000

// In com.github.codemonstur:embedded-redis.
const embedded: Readonly<Record<string, string>> = {
  'linux-x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux-arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin-x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin-arm64': 'redis-server-6.2.6-v5-darwin-arm64'
}

async function provideRedis (context: HostContext, step: ProgressStep): Promise<string> {
  const installed = findExecutable('redis-server', pathFolders(context.environment))
  if (installed) {
    const { output } = await run(installed, ['--version'])
    const major = Number.parseInt(/v=(\d+)/.exec(output)?.[1] ?? '', 10)
    if (major >= versions.redisMajorMin) return installed
  }
  const binary = embedded[`${process.platform}-${process.arch}`]
  if (!binary) throw new StackError('ARCHITECTURE_UNSUPPORTED', `No redis-server found, and none is packaged for ${process.platform} ${process.arch}. Install Redis ${versions.redisMajorMin} or newer, or set REDIS_URL.`)
  const folder = join(context.cache, `redis-${versions.embeddedRedis}`)
  await provideArtifacts({ profile: 'redis', goal: 'unpack-dependencies', includes: 'redis-server*' }, folder, context.environment, step)
  chmodSync(join(folder, binary), 0o755)
  return join(folder, binary)
}

export function redisAnswers (port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1', timeout: probeTimeoutMs })
    const end = (isUp: boolean) => {
      socket.destroy()
      resolve(isUp)
    }
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', data => end(data.toString().startsWith('+PONG')))
    for (const event of ['error', 'timeout', 'close'] as const) socket.once(event, () => end(false))
  })
}

export function redisPart (context: HostContext): HostPart {
  const folder = join(context.folder, 'redis')
  const logFile = join(context.folder, 'logs', 'redis.log')
  // Without a rule for when to save, Redis saves nothing, not even on SIGTERM.
  const save = context.keepData ? ['--save', '300 1'] : ['--save', '']
  return {
    name: 'redis',
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
    logFile,
    async start (step, started) {
      const command = await provideRedis(context, step)
      makeFolder(folder)
      step.update('starting')
      const args = ['--port', String(context.ports.redis), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'no', '--daemonize', 'no', ...save]
      const identity = await launch('Redis', { command, args, cwd: folder, logFile })
      started(identity)
      await awaitReady({ part: 'Redis', identity, logFile, timeoutMs: readyTimeoutMs, probe: () => redisAnswers(context.ports.redis) })
      step.update(`redis://127.0.0.1:${context.ports.redis}`)
    },
    forget () { rmSync(join(folder, 'dump.rdb'), { force: true }) }
  }
}
