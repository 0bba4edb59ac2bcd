// Who a process is: its id and its start time together, so that an id the system has given to another is never signalled.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ProcessIdentity { readonly pid: number, readonly startTime: string }

let bootId: string | undefined

function startTimeOnLinux (pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command's name, in parentheses, may hold spaces: fields are counted from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${bootId}:${fields[19]}`
  } catch {
    return undefined
  }
}

function startTimeFromPs (pid: number): string | undefined {
  try {
    const [state, ...rest] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'ignore'] }).trim().split(/\s+/)
    return state === undefined || state.startsWith('Z') ? undefined : rest.join(' ')
  } catch {
    return undefined
  }
}

export const startTimeOf = (pid: number): string | undefined =>
  process.platform === 'linux' ? startTimeOnLinux(pid) : startTimeFromPs(pid)

export function identityOf (pid: number): ProcessIdentity | undefined {
  const startTime = startTimeOf(pid)
  return startTime === undefined ? undefined : { pid, startTime }
}

export function ownIdentity (): ProcessIdentity {
  return identityOf(process.pid) ?? { pid: process.pid, startTime: 'unknown' }
}

export const isAlive = (identity: ProcessIdentity): boolean => startTimeOf(identity.pid) === identity.startTime

export function signal (identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false
  try {
    return process.kill(identity.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
