import { join } from 'node:path'
import { StackError } from './errors.ts'
import { meshHome, stackFolder } from './home.ts'
import type { Environment } from './home.ts'
import { acquireLock } from './lock.ts'
import { isAlive } from './process-identity.ts'
import type { Progress } from './progress.ts'
import { stopStack } from './running-stack.ts'
import { partsOf } from './start-stack.ts'
import { readState } from './state-file.ts'

export interface StopOptions { readonly name: string, readonly progress: Progress, readonly isForced: boolean, readonly environment?: Environment }

// Stops a stack from another process than the one that started it. False: there was nothing to stop.
export async function stopNamed ({ name, progress, isForced, environment = process.env }: StopOptions): Promise<boolean> {
  const home = meshHome(environment)
  const folder = stackFolder(home, name)
  const state = readState(folder)
  if (!state) return false
  const lock = acquireLock(join(folder, 'start.lock'))
  if (!lock.held) {
    throw new StackError('ALREADY_RUNNING', `The stack ${name} is being started or stopped by process ${lock.holder.pid} (since ${lock.holder.since}). Wait for it, then run the command again.`)
  }
  try {
    if (state.owner && isAlive(state.owner) && !isForced) {
      throw new StackError('ALREADY_RUNNING', `The stack belongs to npm start (process ${state.owner.pid}), which is running: end that with Ctrl-C in its terminal, and the stack stops with it. To stop the stack under it: npm run down -- --force`)
    }
    const parts = await partsOf(home, state, environment)
    const up = []
    for (const part of parts.names) if (await parts.isUp(part)) up.push(part)
    if (up.length === 0) return false
    const step = progress.step('stop', up.join(', '))
    try {
      await stopStack({ home, state, parts })
      step.done()
    } catch (error) {
      step.failed()
      throw error
    }
    return true
  } finally {
    lock.release()
    progress.close()
  }
}
