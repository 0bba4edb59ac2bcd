// What a person, or a program, is told of a failure: what is wrong, then what to do. No stack unless debugging.
import { CliError } from './errors.ts'

export function explain (error: unknown, options: { readonly json: boolean, readonly isDebug: boolean }): string {
  const isExpected = error instanceof CliError
  const message = error instanceof Error ? error.message : String(error)
  const code = isExpected ? error.code : 'INTERNAL'
  const next = isExpected ? error.next : 'This is a fault of the command itself: run it again with MESH_LOG_LEVEL=debug, and report what it shows.'
  const stack = options.isDebug && error instanceof Error ? stacksOf(error) : []
  const dispatchId = isExpected ? error.dispatchId : undefined
  if (options.json) return JSON.stringify({ error: { code, message, next, dispatchId, ...stack.length > 0 ? { stack } : {} } })
  return [`mesh: ${message}`, next, ...stack].join('\n')
}

const causesMax = 5

function stacksOf (error: Error): string[] {
  const stacks: string[] = []
  for (let next: unknown = error; next instanceof Error && stacks.length < causesMax; next = next.cause) stacks.push(next.stack ?? next.message)
  return stacks
}
