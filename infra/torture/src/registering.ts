// Makes the plain sources known to the mesh, with their quotas, as an operator would: by the registry's HTTP interface.
import { askRegistry } from '@mesh/stage'
import { answersPartitions } from './load/plain-source.ts'
import { plainKeyOf, possessionOf } from './load/plain-signature.ts'
import { quotaOfFlooder, type SourcePlan, sources } from './core/workload.ts'

const undeclared = 'torture_secret'

export async function registerSources (registryUrl: string, seed: number): Promise<void> {
  for (const source of [sources.plain, sources.flooder]) await askRegistry(`${registryUrl}/agents`, 'POST', registrationOf(source, seed))
  const amount = { ...quotaOfFlooder, who: 'torture', why: 'so that what it sends has to wait' }
  await askRegistry(`${registryUrl}/quotas/agent/${sources.flooder.name}`, 'PUT', amount)
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
