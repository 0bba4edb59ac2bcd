// What a killed test run left: it had no teardown, and is known by its folder, which begins with its process id.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { stackFolder } from '../home.ts'
import { stopProcess } from '../host/daemon.ts'
import { isAlive, startTimeOf } from '../process-identity.ts'
import type { Progress } from '../progress.ts'
import { stopStack } from '../running-stack.ts'
import { partsOf } from '../start-stack.ts'
import { readProcess, readState } from '../state-file.ts'

const testFolder = /^test-(\d+)/
const graceMs = 5000

export async function removeLeftovers (home: string, progress: Progress): Promise<void> {
  if (!existsSync(home)) return
  for (const name of readdirSync(home)) {
    const pid = testFolder.exec(name)?.[1]
    if (pid === undefined || isInUse(home, name, Number(pid))) continue
    progress.note(`removing what an interrupted test run left (${name})`)
    try {
      await remove(home, name)
    } catch (error) {
      // The tests can run beside it.
      progress.note(`could not remove all of it: ${(error as Error).message}`)
    }
  }
}

function isInUse (home: string, name: string, pid: number): boolean {
  const state = readState(stackFolder(home, name))
  if (state) return state.owner === null || isAlive(state.owner)
  // It may just be starting, or be a broker of a test's own, which has no state file.
  return startTimeOf(pid) !== undefined
}

async function remove (home: string, name: string): Promise<void> {
  const folder = stackFolder(home, name)
  const state = readState(folder)
  if (state) {
    const parts = await partsOf(home, state, process.env)
    await stopStack({ home, state: { ...state, keepData: false }, parts })
  }
  const broker = readProcess(folder, 'kafka')
  if (broker) await stopProcess(broker, 'SIGKILL', graceMs)
  rmSync(folder, { recursive: true, force: true })
}
