// Asks the registry over HTTP.
import { z } from 'zod'
import type { ListedAgent } from './core/agent-rows.ts'
import { CliError } from './errors.ts'

const answerMsMax = 5_000

const listAnswer = z.object({
  agents: z.array(z.looseObject({
    name: z.string(), version: z.string(), domain: z.string(), ownerTeam: z.string(), role: z.string(), status: z.string(),
    capabilities: z.array(z.looseObject({ name: z.string() }))
  }))
})

export async function listAgents (registryUrl: string): Promise<ListedAgent[]> {
  const url = new URL('/agents', registryUrl)
  let body: unknown
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerMsMax) })
    if (!answer.ok) throw new Error(`it answered ${answer.status}`)
    body = await answer.json()
  } catch (error) {
    throw new CliError('REGISTRY_UNREACHABLE', `The registry does not answer at ${url.origin}: ${reasonOf(error)}.`, { cause: error })
  }
  const parsed = listAnswer.safeParse(body)
  if (!parsed.success) throw new CliError('REGISTRY_UNREACHABLE', `What answers at ${url.origin} is not the registry of a mesh.`, { cause: parsed.error })
  return parsed.data.agents
}

function reasonOf (error: unknown): string {
  const { cause, message } = error as Error
  const deeper = cause as (NodeJS.ErrnoException & { errors?: Error[] }) | undefined
  return deeper?.code ?? deeper?.message ?? message
}
