// Jest's global setup: a private stack for one run of the tests. Jest calls it once for each project; the first starts
// the stack, the others use it, and the last teardown stops it.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { meshHome, stackFolder } from '../home.ts'
import { isAlive, startTimeOf } from '../process-identity.ts'
import { terminalProgress } from '../progress.ts'
import type { Progress } from '../progress.ts'
import { stopStack } from '../running-stack.ts'
import { stackEnvironment } from '../stack.ts'
import { partsOf, startStack } from '../start-stack.ts'
import { readState, stateFile } from '../state-file.ts'
import { shared } from './shared.ts'

// A run that was killed had no teardown; its stack is known by its state file, whose owner is gone.
export async function removeLeftovers (home: string, progress: Progress): Promise<void> {
  if (!existsSync(home)) return
  for (const name of readdirSync(home).filter(entry => entry.startsWith('test-'))) {
    const state = readState(stackFolder(home, name))
    if (state && (!state.owner || isAlive(state.owner))) continue
    // It may just be starting.
    if (!state && startTimeOf(Number(name.slice('test-'.length))) !== undefined) continue
    progress.note(`removing what an interrupted test run left (${name})`)
    if (state) await stopStack({ home, state, parts: await partsOf(home, state, process.env) }).catch((error: unknown) => progress.note(String(error)))
    rmSync(stackFolder(home, name), { recursive: true, force: true })
  }
}

export default async function setup (): Promise<void> {
  const run = shared()
  run.users++
  run.starting ??= start()
  const stack = await run.starting
  Object.assign(process.env, stackEnvironment(stack.addresses), { MESH_TEST_STACK: stateFile(stack.folder) })
}

async function start () {
  const progress = terminalProgress()
  await removeLeftovers(meshHome(), progress)
  const stack = await startStack({ name: `test-${process.pid}`, progress, keepData: false })
  const stopNow = () => stack.stopNow()
  shared().stopNow = stopNow
  process.once('exit', stopNow)
  // Jest has no teardown for an interrupted run.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(name === 'SIGINT' ? 130 : 143))
  return stack
}
