// Makes the plain sources known to the mesh, with their quotas, as an operator would: by the registry's HTTP interface.
import { answersPartitions } from './load/plain-source.ts'
import { plainKeyOf, possessionOf } from './load/plain-signature.ts'
import { quotaOfFlooder, type SourcePlan, sources } from './core/workload.ts'

const undeclared = 'torture_secret'

export async function registerSources (registryUrl: string, seed: number): Promise<void> {
  for (const source of [sources.plain, sources.flooder]) await send(`${registryUrl}/agents`, 'POST', registrationOf(source, seed))
  const amount = { ...quotaOfFlooder, who: 'torture', why: 'so that what it sends has to wait' }
  await send(`${registryUrl}/quotas/agent/${sources.flooder.name}`, 'PUT', amount)
}

function registrationOf ({ name, requests, events }: SourcePlan, seed: number): object {
  const key = plainKeyOf(seed, name)
  const dependencies = [...new Set([...Object.keys(requests), ...Object.keys(events)])].filter(capability => capability !== undeclared)
  return {
    name, version: '1.0.0', domain: 'torture', ownerTeam: 'torture', role: 'orchestrator', maxConcurrent: 1, slaP95Ms: 1_000,
    capabilities: [], dependencies, urgentCapabilities: dependencies, inboxPartitions: 1, answersPartitions,
    key: { publicKey: key.publicKey.toString('base64url'), possession: possessionOf(key, name).toString('base64url') }
  }
}

async function send (url: string, method: string, body: object): Promise<void> {
  const answer = await fetch(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(30_000) })
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${(await answer.text()).slice(0, 500)}`)
}
