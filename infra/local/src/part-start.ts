import { StackError } from './errors.ts'
import { isPortFree } from './ports.ts'
import type { Progress } from './progress.ts'
import type { StackParts } from './stack-parts.ts'
import type { StackState } from './state-file.ts'

// The addresses of what is up are in use, so a part that is down can't be given another port.
export async function checkPorts (state: StackState, parts: StackParts): Promise<void> {
  for (const part of parts.names) {
    if (await parts.isUp(part) || await isPortFree(state.ports[part])) continue
    throw new StackError('PORT_BUSY', `Port ${state.ports[part]} of ${part}, which is down, has been taken by another program. Stop that program; or npm run down, and the next start chooses another port.`)
  }
}

// All at once; when one fails the others are let finish, so that nothing starts behind the error.
export async function startParts (parts: StackParts, progress: Progress): Promise<void> {
  const results = await Promise.allSettled(parts.names.map(name => parts.start(name, progress)))
  progress.close()
  const failures = results.flatMap(result => result.status === 'rejected' ? [result.reason as unknown] : [])
  if (failures.length === 0) return
  const surprise = failures.find(error => !(error instanceof StackError))
  if (surprise !== undefined) throw surprise
  const explained = failures as StackError[]
  // Two parts lack the same Java or the same disk space: said once. What a part itself died of is its own.
  const distinct = [...new Map(explained.map(error => [error.code.startsWith('PART_') ? error.message : error.code, error])).values()]
  throw distinct.length === 1 ? distinct[0]! : new StackError(distinct[0]!.code, distinct.map(error => error.message).join('\n'), explained)
}
