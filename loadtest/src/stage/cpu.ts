// CPU that processes have used, from Linux's proc(5); elsewhere nothing is known, and nothing is said.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { partProcesses } from '@mesh/local-stack'
import type { Stage } from '@mesh/stage'

/** USER_HZ of Linux on every platform that Node runs on. */
const ticksPerS = 100

/** Seconds, user and system, by the process's name; with those it started (PostgreSQL has one for each connection). */
export type CpuSeconds = Readonly<Record<string, number>>

export function cpuOf (stage: Stage): CpuSeconds {
  if (!existsSync('/proc/self/stat')) return {}
  const used = usedByProcess()
  const roots = new Map<string, number>()
  for (const { name, pid } of stage.actors) if (pid !== undefined) roots.set(name, pid)
  for (const [part, { pid }] of partProcesses(stage.stack.folder)) roots.set(part === 'kafka' ? 'broker' : part, pid)
  return Object.fromEntries([...roots].map(([name, pid]) => [name, sumOf(pid)]))

  function sumOf (pid: number): number {
    const own = used.get(pid)
    if (own === undefined) return 0
    let seconds = own.seconds
    for (const [child, { parent }] of used) if (parent === pid) seconds += sumOf(child)
    return seconds
  }
}

/** What was used between two looks. */
export function cpuBetween (before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, Math.round((seconds - (before[name] ?? 0)) * 100) / 100]))
}

/** Megabytes resident, by the process's name; its own alone. */
export function residentMb (stage: Stage): Readonly<Record<string, number>> {
  return Object.fromEntries(stage.actors.flatMap(({ name, pid }) => {
    const pages = pid === undefined ? undefined : readQuietly(`/proc/${pid}/statm`)?.split(' ')[1]
    return pages === undefined ? [] : [[name, Math.round(Number(pages) * 4_096 / 1e6)]]
  }))
}

interface Used { readonly parent: number, readonly seconds: number }

function usedByProcess (): Map<number, Used> {
  const used = new Map<number, Used>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    // Its second field, the command, may hold spaces and parentheses.
    const fields = readQuietly(`/proc/${entry}/stat`)?.split(') ').at(-1)?.split(' ')
    if (fields === undefined) continue
    // Fields 14 and 15, and those of its ended children.
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
    used.set(Number(entry), { parent: Number(fields[1]), seconds: ticks / ticksPerS })
  }
  return used
}

function readQuietly (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
