import type { Stack } from '../stack.ts'

interface TestRun { users: number, starting: Promise<Stack> | undefined, stopNow: (() => void) | undefined }

const key = Symbol.for('mesh.test-stack')

// On globalThis: Jest loads setup and teardown as separate modules, and once for each project.
export function shared (): TestRun {
  const holder = globalThis as { [key]?: TestRun }
  holder[key] ??= { users: 0, starting: undefined, stopNow: undefined }
  return holder[key]
}
