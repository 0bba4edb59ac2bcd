import { shared } from './jest-globals.ts'

export default async function teardown (): Promise<void> {
  const run = shared()
  if (--run.users > 0 || !run.starting) return
  const stack = await run.starting
  run.starting = undefined
  await stack.stop()
  if (run.stopNow) process.removeListener('exit', run.stopNow)
}
