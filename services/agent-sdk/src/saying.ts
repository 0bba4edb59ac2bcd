// What may be logged of an error that another's code threw: its message may repeat a payload, so it stays out.

const framesMax = 8

export function codeSaid (error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' ? `${error.name} ${code}` : error.name
}

export function stackSaid (error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return []
  return error.stack.split('\n').filter(line => line.startsWith('    at ')).slice(0, framesMax).map(line => line.trim())
}
