// The only reader of the environment in this process.
//
// Invariants:
//   C1. A command asks only for what it needs, so that `trace` works without Kafka.
//   C2. One mesh, never a mix: where the environment names a mesh, the one on this machine is not looked for.
// From the part without the Kafka client, so that `mesh trace` and `mesh agents` start without it.
import { commonEntries, type ConfigEntries, type ConfigValues } from '@mesh/runtime/config'
import { z } from 'zod'
import { CliError } from './errors.ts'
import { findLocalMesh, type Environment } from './local-mesh.ts'

export const cliConfig = {
  kafkaBrokers: commonEntries.kafkaBrokers,
  schemaRegistryUrl: commonEntries.schemaRegistryUrl,
  databaseUrl: { env: 'DATABASE_URL', schema: z.string().min(1), secret: true, doc: 'PostgreSQL with the audit archive.' },
  redisUrl: { env: 'REDIS_URL', schema: z.string().min(1).optional(), secret: true, doc: 'Redis in which the quotas are counted, with the hot tier of the archive; without it `quotas` does not know what is used.' },
  registryUrl: { env: 'MESH_REGISTRY_URL', schema: z.url().default('http://127.0.0.1:7400'), doc: 'The registry of agents.' },
  namespace: commonEntries.namespace,
  keysFolder: { env: 'MESH_KEYS_FOLDER', schema: z.string().min(1).default('.mesh/keys'), doc: 'Folder with the private keys of agents, AGENT.pem.' },
  auditApiUrl: { env: 'MESH_AUDIT_API_URL', schema: z.url().default('http://127.0.0.1:7440'), doc: 'The audit API.' },
  auditToken: { env: 'MESH_AUDIT_TOKEN', schema: z.string().min(1).optional(), secret: true, doc: 'Token for the audit API; `mesh audit token` makes one for this machine.' },
  auditKeysFolder: { env: 'MESH_AUDIT_KEYS_FOLDER', schema: z.string().min(1).default('.mesh/audit'), doc: 'Folder with the key pair that `mesh audit token` signs with: token.pem and jwks.json.' },
  auditIssuer: { env: 'MESH_AUDIT_ISSUER', schema: z.string().min(1).default('mesh'), doc: 'Who issues tokens for the audit API: their `iss`.' },
  auditAudience: { env: 'MESH_AUDIT_AUDIENCE', schema: z.string().min(1).default('mesh-audit-api'), doc: 'Whom such tokens are for: their `aud`.' },
  auditSchema: { env: 'MESH_AUDIT_SCHEMA', schema: z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/).default('mesh_audit'), doc: 'PostgreSQL schema of the audit archive.' }
} as const satisfies ConfigEntries

type Settings = ConfigValues<typeof cliConfig>
export type SettingName = keyof Settings

// Each names a mesh; DATABASE_URL alone doesn't, since it is often set for something else.
const meshNaming = ['MESH_KAFKA_BROKERS', 'MESH_SCHEMA_REGISTRY_URL', 'MESH_REGISTRY_URL']

export async function loadSettings<K extends SettingName> (needed: readonly K[], environment: Environment = process.env): Promise<Pick<Settings, K>> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''))
  const isNamed = meshNaming.some(name => given[name] !== undefined)
  const lacking = needed.filter(name => given[cliConfig[name].env] === undefined)
  const local = isNamed || lacking.length === 0 ? {} : await findLocalMesh(environment, lacking.map(name => cliConfig[name].env))
  return read(needed, { ...local, ...given }, isNamed)
}

/** Of the archive and its hot tier. A database that the environment names alone is another archive than that of this machine's Redis. */
export async function loadArchiveSettings (environment: Environment = process.env): Promise<Pick<Settings, 'databaseUrl' | 'auditSchema' | 'namespace' | 'redisUrl'>> {
  const settings = await loadSettings(['databaseUrl', 'auditSchema', 'namespace'], environment)
  const { DATABASE_URL, REDIS_URL } = environment
  const isOne = (DATABASE_URL ?? '') === '' || (REDIS_URL ?? '') !== ''
  return { ...settings, redisUrl: isOne ? (await loadSettings(['redisUrl'], environment)).redisUrl : undefined }
}

function read<K extends SettingName> (needed: readonly K[], values: Environment, isNamed: boolean): Pick<Settings, K> {
  const settings: Partial<Record<SettingName, unknown>> = {}
  const missing: string[] = []
  const invalid: string[] = []
  for (const name of needed) {
    const { env, schema, doc } = cliConfig[name]
    const parsed = schema.safeParse(values[env])
    if (parsed.success) settings[name] = parsed.data
    else if (values[env] === undefined) missing.push(`${env} (${doc})`)
    else invalid.push(`${env}: ${parsed.error.issues.map(issue => issue.message).join(', ')} (${doc})`)
  }
  if (invalid.length > 0) throw new CliError('CONFIG_INVALID', invalid.join('\n'))
  if (missing.length > 0) throw missingError(missing, isNamed)
  return settings as Pick<Settings, K>
}

function missingError (missing: readonly string[], isNamed: boolean): CliError {
  const list = missing.map(line => `  ${line}`).join('\n')
  if (!isNamed) return new CliError('CONFIG_MISSING', `No mesh runs on this machine, and the environment names none. Not set:\n${list}`)
  const message = `The environment names a mesh (${meshNaming.join(', ')}), but not all of it. Not set:\n${list}`
  return new CliError('CONFIG_MISSING', message, { next: 'Set what is missing; or unset what is set, to use the mesh on this machine.' })
}

/** Colours only for a person at a terminal, unless told otherwise. */
export function wantsColors (isTerminal: boolean, environment: Environment = process.env): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0'
  return isTerminal && TERM !== 'dumb'
}

/** Logs and stack traces are for who works on the mesh. */
export function debugLevel (environment: Environment = process.env): 'debug' | 'trace' | undefined {
  const level = environment.MESH_LOG_LEVEL
  return level === 'debug' || level === 'trace' ? level : undefined
}
