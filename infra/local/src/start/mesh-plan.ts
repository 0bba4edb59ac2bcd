// Which processes make up the mesh on one machine, in the order in which they start.
import { join } from 'node:path'
import { StackError } from '../errors.ts'
import { meshHome } from '../home.ts'
import { freePort, isPortFree } from '../ports.ts'
import { checkpointEnvironment, stackEnvironment, type StackAddresses } from '../stack.ts'
import type { ProcessPlan } from './mesh-processes.ts'

export interface MeshPlan {
  /** Started one group after the other; within a group together. */
  readonly groups: readonly (readonly ProcessPlan[])[]
  readonly gatewayUrl: string
  /** What a command on this machine needs to reach the mesh. */
  readonly meshEnvironment: Readonly<Record<string, string>>
}

/** glibc keeps freed buffers of up to 32 MB for itself; a coordinator that restores half a million dispatches stays 60 MB smaller so. */
const givingBackMemory = { MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '131072' }
const agentDomains = ['conversation', 'sales', 'operations'] as const
const registryPortPreferred = 7400
const gatewayPortPreferred = 7480
const auditApiPortPreferred = 7440

export async function planMesh (
  { addresses, folder }: { readonly addresses: StackAddresses, readonly folder: string }, environment: NodeJS.ProcessEnv
): Promise<MeshPlan> {
  const registryPort = await choosePort('MESH_REGISTRY_PORT', registryPortPreferred, environment)
  const gatewayPort = await choosePort('MESH_GATEWAY_PORT', gatewayPortPreferred, environment)
  const auditApiPort = await choosePort('MESH_AUDIT_API_PORT', auditApiPortPreferred, environment)
  const auditKeysFolder = environment.MESH_AUDIT_KEYS_FOLDER ?? join(meshHome(environment), 'audit')
  const meshEnvironment = {
    ...stackEnvironment(addresses),
    MESH_KEYS_FOLDER: environment.MESH_KEYS_FOLDER ?? join(meshHome(environment), 'keys'),
    MESH_AUDIT_KEYS_FOLDER: auditKeysFolder,
    MESH_AUDIT_API_URL: `http://127.0.0.1:${auditApiPort}`,
    MESH_REGISTRY_URL: `http://127.0.0.1:${registryPort}`,
    MESH_NAMESPACE: environment.MESH_NAMESPACE ?? 'mesh',
    MESH_LOG_LEVEL: environment.MESH_LOG_LEVEL ?? 'info'
  }
  const plan = async (name: string, command: ProcessPlan['command'], own: Record<string, string> = {}): Promise<ProcessPlan> =>
    ({ name, command, healthPort: await freePort(), environment: { ...meshEnvironment, ...own } })
  return {
    meshEnvironment,
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    groups: [
      [
        await plan('registry', ['services/registry/src/main.ts'], { MESH_REGISTRY_PORT: String(registryPort) }),
        // With the stack's data: they speak of its database, and go when it goes.
        await plan('archiver', ['services/archiver/src/main.ts'], checkpointEnvironment(folder)),
        await plan('audit-api', ['services/audit-api/src/main.ts'], { MESH_AUDIT_API_PORT: String(auditApiPort), MESH_AUDIT_JWKS: join(auditKeysFolder, 'jwks.json') }),
        await plan('governor', ['services/governor/src/main.ts']),
        await plan('coordinator', ['services/coordinator/src/main.ts'], { MESH_COORDINATOR_ID: 'coordinator-1', ...givingBackMemory })
      ],
      await Promise.all(agentDomains.map(domain =>
        plan(`agents-${domain}`, ['services/example-agents/src/main.ts', domain], { MESH_GATEWAY_PORT: String(gatewayPort) })))
    ]
  }
}

async function choosePort (setting: string, preferred: number, environment: NodeJS.ProcessEnv): Promise<number> {
  const given = environment[setting]
  if (given === undefined) return await isPortFree(preferred) ? preferred : freePort()
  const port = Number(given)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new StackError('BAD_SETTING', `${setting}=${given} is not a port. Set it to a number from 1 to 65535, or unset it.`)
  if (!await isPortFree(port)) throw new StackError('PORT_BUSY', `Port ${port} (${setting}) is taken by another program. Stop that program, set ${setting} to a free port, or unset it.`)
  return port
}
