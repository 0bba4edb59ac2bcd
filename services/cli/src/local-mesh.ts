// The mesh that `npm start` runs on this machine.
export type Environment = Readonly<Record<string, string | undefined>>

// Of what the start hands to its processes, what says where the mesh is.
const places: ReadonlySet<string> = new Set(['MESH_KAFKA_BROKERS', 'MESH_SCHEMA_REGISTRY_URL', 'DATABASE_URL', 'REDIS_URL', 'MESH_REGISTRY_URL', 'MESH_NAMESPACE', 'MESH_AUDIT_SCHEMA', 'MESH_KEYS_FOLDER', 'MESH_AUDIT_API_URL', 'MESH_AUDIT_KEYS_FOLDER'])

// What the stack under the mesh knows by itself, also without a mesh on it (`npm run up`).
const stackPlaces: ReadonlySet<string> = new Set(['MESH_KAFKA_BROKERS', 'MESH_SCHEMA_REGISTRY_URL', 'DATABASE_URL', 'REDIS_URL'])

/** What the environment would say if it named the local mesh; empty where none runs. */
export async function findLocalMesh (environment: Environment, wanted: readonly string[]): Promise<Environment> {
  const { devStack, findStack, localMeshEnvironment, stackEnvironment } = await import('@mesh/local-stack')
  const started = Object.fromEntries(Object.entries(localMeshEnvironment(environment)).filter(([name]) => places.has(name)))
  if (!wanted.some(name => stackPlaces.has(name) && started[name] === undefined)) return started
  const stack = await findStack(devStack, environment)
  return stack === undefined ? started : { ...stackEnvironment(stack.addresses), ...started }
}
