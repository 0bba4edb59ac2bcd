// Jest's global setup: a private stack for one run of the tests. Jest calls it once for each project; the first starts
// the stack, the others use it, and the last teardown stops it.
import { meshHome } from '../home.ts'
import { terminalProgress } from '../progress.ts'
import { checkpointEnvironment, stackEnvironment } from '../stack.ts'
import { startStack } from '../start-stack.ts'
import { stateFile } from '../state-file.ts'
import { removeLeftovers } from './leftovers.ts'
import { shared } from './jest-globals.ts'

export default async function setup (): Promise<void> {
  const run = shared()
  run.users++
  run.starting ??= start()
  const stack = await run.starting
  const { folder } = stack
  // What an archiver of a test signs goes with the stack.
  Object.assign(process.env, stackEnvironment(stack.addresses), checkpointEnvironment(folder), { MESH_TEST_STACK: stateFile(folder) })
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
