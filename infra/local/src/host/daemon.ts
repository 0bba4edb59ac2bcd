// Starts a part in a session of its own, so that a Ctrl-C in the terminal doesn't reach it before the mesh has drained,
// and so that it outlives `npm run up`.
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StackError, explainFileError } from '../errors.ts'
import { identityOf, isAlive, signal } from '../process-identity.ts'
import type { ProcessIdentity } from '../process-identity.ts'

const pollMs = 25
const logLinesShown = 12

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly logFile: string
  readonly env?: Readonly<Record<string, string>>
  readonly user?: { readonly uid: number, readonly gid: number } | undefined
}

export function lastLines (logFile: string, count: number = logLinesShown): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).map(line => `    ${line}`).join('\n')
  } catch {
    return '    (no log)'
  }
}

function openLog (logFile: string): number {
  try {
    mkdirSync(dirname(logFile), { recursive: true })
    if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`)
    return openSync(logFile, 'a')
  } catch (error) {
    throw explainFileError(error, logFile)
  }
}

export async function launch (part: string, program: Program): Promise<ProcessIdentity> {
  const log = openLog(program.logFile)
  try {
    const child = spawn(program.command, program.args, {
      cwd: program.cwd, detached: true, stdio: ['ignore', log, log], env: { ...process.env, ...program.env }, ...program.user
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', error => reject(new StackError('PART_DIED', `${part} could not be started: ${error.message}`, error)))
    })
    child.unref()
    return identityOf(child.pid!) ?? { pid: child.pid!, startTime: 'died at start' }
  } finally {
    closeSync(log)
  }
}

export interface Readiness {
  readonly part: string
  readonly identity: ProcessIdentity
  readonly logFile: string
  readonly timeoutMs: number
  readonly probe: () => Promise<boolean>
}

export async function awaitReady ({ part, identity, logFile, timeoutMs, probe }: Readiness): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  for (;;) {
    if (await probe()) return
    if (!isAlive(identity)) throw new StackError('PART_DIED', diedMessage(part, logFile))
    if (performance.now() > deadlineMs) {
      throw new StackError('PART_NOT_READY', `${part} is not ready after ${timeoutMs / 1000} s. Last lines of ${logFile}:\n${lastLines(logFile)}\nIs the machine very busy? Run the command again, or see the whole log.`)
    }
    await sleep(pollMs)
  }
}

function diedMessage (part: string, logFile: string): string {
  const lines = lastLines(logFile)
  const advice = /No space left on device/i.test(lines) ? 'The disk is full: free about 1 GB, or set MESH_HOME to a folder on another disk.'
    : /Address already in use|BindException/i.test(lines) ? 'Its port was taken meanwhile: run the command again to have another one chosen.'
      : /insufficient memory|Cannot allocate memory|OutOfMemory/i.test(lines) ? 'The machine is out of memory: the stack needs about 1 GB.'
        : 'See the whole log; `npm run down` and deleting the stack\'s folder starts afresh.'
  return `${part} stopped while starting. Last lines of ${logFile}:\n${lines}\n${advice}`
}

export type StopOutcome = 'stopped' | 'killed' | 'absent'

// Asks first, kills after the grace period; returns when the process is gone.
export async function stopProcess (identity: ProcessIdentity, ask: NodeJS.Signals, graceMs: number): Promise<StopOutcome> {
  if (!signal(identity, ask)) return 'absent'
  if (await awaitGone(identity, graceMs)) return ask === 'SIGKILL' ? 'killed' : 'stopped'
  signal(identity, 'SIGKILL')
  if (await awaitGone(identity, graceMs)) return 'killed'
  throw new StackError('PART_NOT_READY', `Process ${identity.pid} does not end, not even by SIGKILL. Is its disk hanging?`)
}

async function awaitGone (identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs
  while (isAlive(identity)) {
    if (performance.now() > deadlineMs) return false
    await sleep(pollMs)
  }
  return true
}
