// Asks the audit API over HTTP.
//
// Invariants:
//   R1. A refusal is told with the API's own code and words; what isn't an answer of an audit API is said to be none.
//   R2. The token goes nowhere but into the request.
import { z } from 'zod'
import type { AuditItem } from './core/audit-rows.ts'
import { CliError } from './errors.ts'

export interface AuditPlace {
  readonly url: string
  readonly token: string | undefined
  readonly signal: AbortSignal
}

// Longer than the API lets a statement take by default.
const answerMsMax = 30_000
const text = z.string().nullable()
const event = z.looseObject({
  eventId: z.string(), at: text, decision: z.string(), outcome: text, reason: text, source: text, target: text, capability: text,
  priority: z.number().nullable(), latencyMs: z.number().nullable(), dispatchId: text, workflowId: text
})
const searchAnswer = z.object({ events: z.array(event), next: text })
const problemAnswer = z.looseObject({ code: z.string(), detail: z.string() })

export interface EventPage {
  readonly events: readonly AuditItem[]
  readonly next: string | null
}

export async function searchEvents ({ url, token, signal }: AuditPlace, fields: Readonly<Record<string, unknown>>): Promise<EventPage> {
  if (token === undefined) throw new CliError('TOKEN_MISSING', 'The audit API is asked with a token, and MESH_AUDIT_TOKEN is not set.')
  const address = new URL('/events', url)
  for (const [name, value] of Object.entries(fields)) {
    // Commander makes camelCase of its options, as the API's fields are.
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined) address.searchParams.append(name, String(each))
  }
  let answer: unknown
  let status = 0
  try {
    const response = await fetch(address, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.any([signal, AbortSignal.timeout(answerMsMax)]) })
    status = response.status
    answer = await response.json()
  } catch (error) {
    throw new CliError('AUDIT_API_UNREACHABLE', `The audit API does not answer at ${address.origin}: ${reasonOf(error)}.`, { cause: error })
  }
  const parsed = searchAnswer.safeParse(answer)
  if (status === 200 && parsed.success) return parsed.data
  const problem = problemAnswer.safeParse(answer)
  if (!problem.success) throw new CliError('AUDIT_API_UNREACHABLE', `What answers at ${address.origin} is not an audit API (${status}).`, { cause: parsed.error })
  throw new CliError('QUERY_REFUSED', problem.data.detail, { shownCode: problem.data.code, ...status === 401 ? { next: newToken } : {} })
}

const newToken = 'Get a new token: export MESH_AUDIT_TOKEN=$(npx mesh audit token --role auditor)'

function reasonOf (error: unknown): string {
  const { cause, message } = error as Error
  const deeper = cause as NodeJS.ErrnoException | undefined
  return deeper?.code ?? deeper?.message ?? message
}
