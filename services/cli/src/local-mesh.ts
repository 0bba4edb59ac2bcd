// The mesh that `npm start` runs on this machine.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Environment = Readonly<Record<string, string | undefined>>

const stackName = 'dev'
// Of what the start hands to its processes, what says where the mesh is.
const places: ReadonlySet<string> = new Set(['MESH_KAFKA_BROKERS', 'MESH_SCHEMA_REGISTRY_URL', 'DATABASE_URL', 'MESH_REGISTRY_URL', 'MESH_NAMESPACE', 'MESH_AUDIT_SCHEMA'])

// What the stack under the mesh knows by itself, also without a mesh on it (`npm run up`).
const stackPlaces: ReadonlySet<string> = new Set(['MESH_KAFKA_BROKERS', 'MESH_SCHEMA_REGISTRY_URL', 'DATABASE_URL'])

/** What the environment would say if it named the local mesh; empty where none runs. */
export async function findLocalMesh (environment: Environment, wanted: readonly string[]): Promise<Environment> {
  const started = readStarted(environment)
  if (!wanted.some(name => stackPlaces.has(name) && started[name] === undefined)) return started
  const { findStack, stackEnvironment } = await import('@mesh/local-stack')
  const stack = await findStack(stackName, environment)
  return stack === undefined ? started : { ...stackEnvironment(stack.addresses), ...started }
}

function readStarted (environment: Environment): Environment {
  const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url))
  const file = join(resolve(repositoryRoot, environment.MESH_HOME || '.mesh'), stackName, 'mesh.json')
  try {
    const { meshEnvironment } = JSON.parse(readFileSync(file, 'utf8')) as { meshEnvironment?: Record<string, unknown> }
    const known = Object.entries(meshEnvironment ?? {}).filter(([name, value]) => places.has(name) && typeof value === 'string')
    return Object.fromEntries(known) as Environment
  } catch {
    return {}
  }
}
